"""One real Kafka broker: KRaft, broker and controller in one process, from Maven artifacts."""

from __future__ import annotations

import base64
import shutil
import subprocess
import uuid
from pathlib import Path

from wirecopy.errors import ServerError
from wirecopy.local import maven, process
from wirecopy.local.files import deploy_file, make_folder, write_if_changed
from wirecopy.local.java import Jdk
from wirecopy.local.process import Child
from wirecopy.local.progress import Progress
from wirecopy.settings import LocalSettings

VERSION = "4.3.0"
READY_TIMEOUT = 120.0


def install(cache: Path, jdk: Jdk, progress: Progress) -> Path:
    """Return the folder of the broker's jars, downloaded on first use. The caller holds the lock of the cache."""
    lib = cache / f"kafka-{VERSION}"
    if not lib.exists():
        progress(f"downloading Kafka {VERSION} from Maven (about 60 MB, once)")
        fresh = make_folder(cache / f"kafka-{VERSION}.part")
        shutil.rmtree(fresh)
        maven.fetch_jars(deploy_file("kafka", "pom.xml"), fresh, jdk, progress)
        maven.check_hashes(fresh, deploy_file("kafka", "jars.sha256"))
        fresh.rename(lib)
    return lib


def prepare(settings: LocalSettings, lib: Path, jdk: Jdk) -> Child:
    """Prepare a broker on ``settings.kafka_port`` with its data in ``settings.data_dir``; formats it on first use."""
    folder = make_folder(settings.data_dir.resolve() / "kafka")
    properties = folder / "server.properties"
    write_if_changed(properties, configuration(settings.kafka_port, process.free_port(), folder / "data"))
    java = [
        jdk.java,
        *unsafe_option(jdk.version),
        f"-Dlog4j2.configurationFile={deploy_file('kafka', 'log4j2.yaml')}",
        "-cp",
        f"{lib}/*",
    ]
    if not (folder / "data" / "meta.properties").exists():
        _format(java, properties)
    # With the client compiler alone it starts in half the time, and the broker is never the bottleneck on a laptop.
    options = [f"-Xmx{settings.kafka_heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command = [java[0], *options, *java[1:], "kafka.Kafka", str(properties)]
    return Child("Kafka", command, settings.data_dir.resolve() / "logs" / "kafka.log", cwd=folder)


def configuration(port: int, controller_port: int, data: Path) -> str:
    """Return the broker's settings file. Commas separate its lists, so a folder's name must not hold one."""
    if "," in str(data):
        raise ServerError(f"Kafka cannot keep its data in {data}: the path has a comma; set local.data_dir")
    template = deploy_file("kafka", "server.properties").read_text(encoding="utf-8")
    for name, value in {"port": port, "controller_port": controller_port, "data": escape(str(data))}.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template


def unsafe_option(version: int) -> list[str]:
    """Return the option that silences a JVM's warning about Kafka 4.3, printed from Java 24 on (JEP 498)."""
    return ["--sun-misc-unsafe-memory-access=allow"] if version >= 24 else []


def escape(value: str) -> str:
    """Escape a value for a Java properties file."""
    return value.replace("\\", "\\\\")


def _format(java: list[str], properties: Path) -> None:
    """Write the cluster id, which Kafka needs before its first start."""
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=READY_TIMEOUT, check=False)
    if done.returncode != 0:
        raise ServerError(f"Kafka could not format its storage: {(done.stdout + done.stderr).strip()[-500:]}")
