#include "cli/tls_fields.hpp"

#include "cli/fields.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

const Fields<TlsConfig>& tls_fields() {
    using Text = TextField<TlsConfig>;
    static const Fields<TlsConfig> fields{
        {"certificate", Text{&TlsConfig::certificate},
         "ours (PEM), with those that lead to an authority after it; read anew on SIGHUP"},
        {"key", Text{&TlsConfig::key}, "the certificate's private key (PEM, without a passphrase)"},
        {"client_ca", Text{&TlsConfig::client_ca},
         "whose clients may log in by a certificate of their own (PEM); by default nobody's"},
        {"required",
         OwnField<TlsConfig>{[](const json& value, const std::string& pointer, TlsConfig& to, Problems& problems) {
                                 bool is_required = false;
                                 if (read_switch(value, pointer, is_required, problems))
                                     to.required = is_required;
                             },
                             [] {
                                 return json{{"type", "boolean"}};
                             }},
         "whether nobody logs in without TLS; by default where others than this machine's users come in"},
    };
    return fields;
}

}  // namespace

void read_tls(const json& value, const std::string& pointer, Config& config, Problems& problems) {
    TlsConfig tls = config.tls.value_or(TlsConfig{});
    read_object(value, pointer, tls, tls_fields(), problems);
    config.tls = std::move(tls);
}

json make_tls_schema() { return make_schema(tls_fields()); }

}  // namespace mucbridge
