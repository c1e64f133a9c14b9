#include "xmpp/pem.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mucbridge {

namespace {

constexpr std::size_t longest_file = 1024 * 1024;

using Bytes = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using File = std::unique_ptr<std::FILE, decltype([](std::FILE* file) { std::fclose(file); })>;

Result<std::string> read_file(const std::string& name) {
    const File file(std::fopen(name.c_str(), "rbe"));
    std::string text;
    std::array<char, 4096> part;
    while (file && text.size() <= longest_file) {
        const std::size_t count = std::fread(part.data(), 1, part.size(), file.get());
        text.append(part.data(), count);
        if (count < part.size())
            break;
    }
    if (!file || std::ferror(file.get()) != 0)
        return Error{name, ": cannot be read: ", std::strerror(errno)};
    if (text.size() > longest_file)
        return Error{name, ": is too long for a PEM file"};
    return text;
}

Bytes to_bio(const std::string& text) { return Bytes(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

/// OpenSSL would ask the terminal.
int note_passphrase(char*, int, int, void* is_encrypted) {
    *static_cast<bool*>(is_encrypted) = true;
    return -1;
}

}  // namespace

std::string take_openssl_error(const std::string& otherwise) {
    const auto code = ERR_peek_last_error();
    const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return words == nullptr ? otherwise : words;
}

Result<std::vector<Certificate>> read_certificates(const std::string& file) {
    const auto text = read_file(file);
    if (!text)
        return text.error();
    ERR_clear_error();
    const Bytes bytes = to_bio(*text);
    std::vector<Certificate> found;
    while (Certificate next{PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)})
        found.push_back(std::move(next));
    const bool is_at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string why = take_openssl_error("not understood");
    if (!is_at_end)
        return Error{file, ": has a damaged certificate in it: ", why};
    if (found.empty())
        return Error{file, ": has no certificate in it (want PEM, \"-----BEGIN CERTIFICATE-----\")"};
    return found;
}

Result<Key> read_key(const std::string& file) {
    const auto text = read_file(file);
    if (!text)
        return text.error();
    ERR_clear_error();
    bool is_encrypted = false;
    Key key(PEM_read_bio_PrivateKey(to_bio(*text).get(), nullptr, note_passphrase, &is_encrypted));
    const std::string why = take_openssl_error("not understood");
    if (key)
        return key;
    if (is_encrypted)
        return Error{file, ": is encrypted (want a key without a passphrase: openssl pkey -in ", file, " -out ...)"};
    if (text->find("PRIVATE KEY-----") == std::string::npos)
        return Error{file, ": has no private key in it (want PEM, \"-----BEGIN PRIVATE KEY-----\")"};
    return Error{file, ": has a damaged private key in it: ", why};
}

}  // namespace mucbridge
