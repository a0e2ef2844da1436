"""Writes which crates the program is made of: an SBOM (CycloneDX 1.5, JSON) and the texts of their licences.

    crates.py SOURCE TARGET SBOM LICENCES

What cargo knows is all there is to say, so this is a translation of `cargo metadata` and needs no further tool. The output depends on
the sources only.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone

LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def main(source: str, target: str, sbom: str, licences: str) -> None:
    command = ["cargo", "metadata", "--locked", "--format-version=1", f"--filter-platform={target}"]
    metadata = json.loads(subprocess.check_output(command, cwd=source))
    packages = {package["id"]: package for package in metadata["packages"]}
    edges = dependencies(metadata)
    root = metadata["resolve"]["root"]
    used = sorted(reachable(root, edges) - {root}, key=lambda id: (packages[id]["name"], packages[id]["version"]))
    sums = checksums(os.path.join(source, "Cargo.lock"))
    with open(sbom, "w") as file:
        json.dump(document(packages, edges, root, used, sums), file, indent=2)
        file.write("\n")
    with open(licences, "w") as file:
        file.write(texts([packages[id] for id in used]))


def dependencies(metadata: dict) -> dict:
    """What each crate is built from: not what its tests are."""
    return {
        node["id"]: sorted(
            dep["pkg"] for dep in node["deps"] if any(kind["kind"] != "dev" for kind in dep["dep_kinds"])
        )
        for node in metadata["resolve"]["nodes"]
    }


def reachable(root: str, edges: dict) -> set:
    found, left = set(), [root]
    while left:
        id = left.pop()
        if id not in found:
            found.add(id)
            left += edges[id]
    return found


def checksums(lock: str) -> dict:
    with open(lock) as file:
        blocks = file.read().split("[[package]]")
    sums = {}
    for block in blocks:
        fields = dict(re.findall(r'^(name|version|checksum) = "([^"]*)"$', block, re.MULTILINE))
        if "checksum" in fields:
            sums[fields["name"], fields["version"]] = fields["checksum"]
    return sums


def purl(package: dict) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package: dict, sums: dict) -> dict:
    made = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
    }
    if package["license"]:
        # As in old manifests, where a slash stands for a choice.
        made["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if package["description"]:
        made["description"] = " ".join(package["description"].split())
    checksum = sums.get((package["name"], package["version"]))
    if checksum:
        made["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        made["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return made


def document(packages: dict, edges: dict, root: str, used: list, sums: dict) -> dict:
    program = {**component(packages[root], sums), "type": "application"}
    components = [component(packages[id], sums) for id in used]
    content = json.dumps([program, components], sort_keys=True).encode()
    time = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), timezone.utc)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=4)}",
        "version": 1,
        "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": program},
        "components": components,
        "dependencies": [
            {"ref": purl(packages[id]), "dependsOn": sorted(purl(packages[to]) for to in edges[id])}
            for id in [root, *used]
        ],
    }


def texts(packages: list) -> str:
    """The licences in full, each text once."""
    by_text: dict = {}
    for package in packages:
        directory = os.path.dirname(package["manifest_path"])
        names = sorted(name for name in os.listdir(directory) if LICENCE.search(name))
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read().strip()
                by_text.setdefault(text, []).append(f"{package['name']} {package['version']}")
        if not names:
            what = f"Licence as in its manifest: {package['license']}, by {', '.join(package['authors']) or 'its authors'}"
            by_text.setdefault(what, []).append(f"{package['name']} {package['version']}")
    line = "-" * 80
    parts = (f"{line}\n{', '.join(dict.fromkeys(names))}\n{line}\n\n{text}\n" for text, names in by_text.items())
    return "\n".join(parts)


if __name__ == "__main__":
    main(*sys.argv[1:])
