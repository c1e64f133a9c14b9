"""Certificates for tests, as the openssl command makes them: an authority, and what it signs."""
import subprocess

CONFIG = """
[ca]
default_ca = authority
[authority]
dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    def __init__(self, folder):
        self.folder = folder
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder))
        self.certificate, self.key = self.self_signed("authority")

    def openssl(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, f"openssl {words}: {done.stderr}"

    def self_signed(self, name):
        certificate, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                     "-keyout", key, "-out", certificate)
        return certificate, key

    def issue(self, name, alternative="DNS:localhost,IP:127.0.0.1", start="20200101000000Z", end="20990101000000Z"):
        """The files of a certificate and its key."""
        files = {ending: self.folder / f"{name}.{ending}" for ending in ("crt", "key", "csr", "ext")}
        files["ext"].write_text(f"subjectAltName = {alternative}\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", files["key"], "-out", files["csr"])
        self.openssl("ca", "-batch", "-notext", "-config", self.folder / "openssl.cnf",
                     "-cert", self.certificate, "-keyfile", self.key, "-in", files["csr"], "-out", files["crt"],
                     "-extfile", files["ext"], "-startdate", start, "-enddate", end)
        return files["crt"], files["key"]
