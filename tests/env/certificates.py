"""A private certificate authority, made with the openssl command and good for two days."""

import dataclasses
import pathlib
import shutil

import packages
import processes

DAYS = 2

# The system's own configuration would add extensions of its taste.
CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"


@dataclasses.dataclass
class Certificate:
    file: pathlib.Path
    key: pathlib.Path


class Authority:
    """Signs certificates of servers. Its own certificate is `root`."""

    def __init__(self, home: pathlib.Path, name: str):
        if shutil.which("openssl") is None:
            packages.install("openssl")
        self._home = home
        self._name = name
        self._own = self._make(name, ["basicConstraints=critical,CA:TRUE"], [])
        self.root = self._own.file

    def certify(self, host: str) -> Certificate:
        """A certificate that is good for this host name and no other."""
        extensions = [f"subjectAltName=DNS:{host}", "basicConstraints=critical,CA:FALSE"]
        return self._make(f"{self._name}-server", extensions, ["-CA", self._own.file, "-CAkey", self._own.key])

    def _make(self, name: str, extensions: list[str], signer: list) -> Certificate:
        made = Certificate(self._home / f"{name}.pem", self._home / f"{name}.key")
        configuration = self._home / "openssl.cnf"
        configuration.write_text(CONFIGURATION)
        processes.finish(
            ["openssl", "req", "-x509", "-config", configuration, "-days", DAYS, "-subj", f"/CN=statemend test {name}"]
            + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", made.key]
            + ["-out", made.file, *signer]
            + [word for extension in extensions for word in ("-addext", extension)]
        )
        return made
