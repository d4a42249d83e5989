"""One real Elasticsearch node: the distribution on Maven, with a small plugin for the parts it lacks.

The plugin (``deploy/local/elasticsearch/src``) brings ``GET /``, the analyzers that Indian English needs, and
delete-by-query; security is off, because the node listens on loopback only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wirecopy.errors import ServerError
from wirecopy.local import maven, process
from wirecopy.local.files import NOBODY, deploy_file, elasticsearch_folder, give, is_root, make_folder, write_if_changed
from wirecopy.local.java import Jdk
from wirecopy.local.process import Child
from wirecopy.local.progress import Progress
from wirecopy.settings import LocalSettings

VERSION = "9.5.3"
READY_TIMEOUT = 180.0
COORDINATES = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
PLUGIN_RELEASE = 21
"""The plugin is compiled for the oldest Java that Elasticsearch 9 runs on, whichever JDK compiles it."""
OURS = ("elasticsearch.yml", "log4j2.properties")


@dataclass(frozen=True)
class Folders:
    """The folders that one node writes. They belong to the node's user."""

    base: Path

    @property
    def config(self) -> Path:
        return self.base / "config"

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def snapshots(self) -> Path:
        """Return the folder for snapshot repositories."""
        return self.base / "snapshots"

    @property
    def logs(self) -> Path:
        return self.base / "logs"

    @property
    def scratch(self) -> Path:
        return self.base / "tmp"

    def make(self, owner: int | None) -> None:
        own = (self.config, self.config / "jvm.options.d", self.data, self.snapshots, self.logs, self.scratch)
        for folder in (self.base, *own):
            make_folder(folder, owner)


def install(cache: Path, jdk: Jdk, progress: Progress) -> Path:
    """Return the node's program folder, downloaded on first use. The caller holds the lock of ``cache``."""
    home = make_folder(elasticsearch_folder(cache)) / f"elasticsearch-{VERSION}"
    if not home.exists():
        progress(f"downloading Elasticsearch {VERSION} from Maven (132 MB, once)")
        _download(cache / "elasticsearch.download", home, jdk, progress)
    _install_plugin(home, jdk, progress)
    return home


def prepare(settings: LocalSettings, home: Path, jdk: Jdk) -> Child:
    """Prepare a node on ``settings.elasticsearch_port`` with the data of ``settings.data_dir``."""
    data_dir = make_folder(settings.data_dir.resolve())
    user = NOBODY if is_root() else None
    folders = Folders(make_folder(elasticsearch_folder(data_dir)) / "elasticsearch")
    forget_deleted(data_dir, folders.base)
    folders.make(user)
    for name, content in config_files(home, folders, settings.elasticsearch_port).items():
        write_if_changed(folders.config / name, content)
        give(folders.config / name, os.geteuid() if user is None else user)
    return Child(
        "Elasticsearch",
        [str(home / "bin" / "elasticsearch")],
        data_dir / "logs" / "elasticsearch.log",
        env=environment(os.environ, folders, jdk, settings.elasticsearch_heap),
        cwd=home,
        user=user,
    )


def forget_deleted(data_dir: Path, folder: Path) -> None:
    """Remove documents outside ``data_dir`` of a data folder that was deleted to start afresh.

    A note in ``data_dir`` has the folder of its documents; without the note they belong to an earlier data folder.
    """
    if folder.is_relative_to(data_dir):
        return
    note = data_dir / "elasticsearch-is-at"
    if not note.exists():
        shutil.rmtree(folder, ignore_errors=True)
    write_if_changed(note, f"{folder}\n")


def config_files(home: Path, folders: Folders, port: int) -> Mapping[str, str]:
    """Return the node's configuration by file name: ours, and the mandatory files of the distribution."""
    # JSON strings are valid YAML strings, for any path.
    written = {"data": folders.data, "snapshots": folders.snapshots, "logs": folders.logs}
    paths = {name: json.dumps(str(folder)) for name, folder in written.items()}
    values = {"port": port, "transport_port": process.free_port(), **paths}
    files = {name: deploy_file("elasticsearch", name).read_text(encoding="utf-8") for name in OURS}
    for name, value in values.items():
        files["elasticsearch.yml"] = files["elasticsearch.yml"].replace(f"{{{name}}}", str(value))
    options = (home / "config" / "jvm.options").read_text(encoding="utf-8").splitlines()
    # The garbage-collection log would keep two gigabytes.
    files["jvm.options"] = "\n".join(line for line in options if not line.startswith("-Xlog:gc")) + "\n"
    return files


def environment(inherited: Mapping[str, str], folders: Folders, jdk: Jdk, heap: str) -> dict[str, str]:
    """Return the node's environment: without variables that change the JVM, with a writable home."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(("JAVA_", "_JAVA", "ES_", "CLI_"))}
    return kept | {
        "HOME": str(folders.base),
        "ES_JAVA_HOME": str(jdk.home),
        "ES_PATH_CONF": str(folders.config),
        "ES_TMPDIR": str(folders.scratch),
        "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap} -XX:TieredStopAtLevel=1",
    }


def _download(work: Path, home: Path, jdk: Jdk, progress: Progress) -> None:
    shutil.rmtree(work, ignore_errors=True)
    maven.fetch_artifact(COORDINATES, make_folder(work), jdk, progress)
    maven.check_hashes(work, deploy_file("elasticsearch", "distribution.sha256"))
    progress(f"unpacking Elasticsearch {VERSION} into {home.parent}")
    unpacked = home.parent / f"{home.name}.part"
    shutil.rmtree(unpacked, ignore_errors=True)
    maven.unpack(work / f"elasticsearch-{VERSION}.zip", unpacked)
    (unpacked / home.name).rename(home)
    unpacked.rmdir()
    shutil.rmtree(work)


def _install_plugin(home: Path, jdk: Jdk, progress: Progress) -> None:
    """Compile the plugin into the distribution, and again whenever its sources change."""
    sources = sorted(deploy_file("elasticsearch", "src").glob("*.java"))
    stamp = _fingerprint(sources)
    installed = home / "plugins" / "support"
    if (installed / "sources.sha256").exists() and (installed / "sources.sha256").read_text() == stamp:
        return
    progress("compiling the Elasticsearch plugin")
    fresh = home / "plugin.part"
    shutil.rmtree(fresh, ignore_errors=True)
    _compile(sources, home, make_folder(fresh / "classes"), jdk)
    plugin = make_folder(fresh / "support")
    _call([str(jdk.home / "bin" / "jar"), "cf", str(plugin / "support.jar"), "-C", str(fresh / "classes"), "."])
    (plugin / "support.jar").chmod(0o644)
    write_if_changed(plugin / "plugin-descriptor.properties", descriptor())
    write_if_changed(plugin / "sources.sha256", stamp)
    shutil.rmtree(installed, ignore_errors=True)
    make_folder(home / "plugins")
    plugin.rename(installed)
    shutil.rmtree(fresh)


def descriptor() -> str:
    """Return the plugin's descriptor file."""
    lines = {
        "name": "support",
        "description": "GET /, analyzers and delete-by-query for a node without those modules",
        "version": VERSION,
        "classname": "local.SupportPlugin",
        "java.version": str(PLUGIN_RELEASE),
        "elasticsearch.version": VERSION,
    }
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def _compile(sources: Iterable[Path], home: Path, classes: Path, jdk: Jdk) -> None:
    compiler = [str(jdk.home / "bin" / "javac"), "--release", str(PLUGIN_RELEASE), "-nowarn"]
    _call([*compiler, "-cp", f"{home / 'lib'}/*", "-d", str(classes), *map(str, sources)])


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise ServerError(f"{Path(command[0]).name} failed: {(done.stderr or done.stdout).strip()[:2000]}")


def _fingerprint(sources: Iterable[Path]) -> str:
    digest = hashlib.sha256(VERSION.encode())
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()
