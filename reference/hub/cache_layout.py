"""What huggingface_hub itself makes of a small repository in its cache, as golden values for test/hub.

    python reference/hub/cache_layout.py > test/golden/hub/cache-layout.json

Serves the repository from this process, lets huggingface_hub download it, and lists what it left: files with their
bytes, links with their targets. Needs huggingface_hub alone (2.4.0 made the file that is checked in).
"""

import hashlib
import http.server
import json
import os
import sys
import tempfile
import threading

COMMIT = "a" * 40
REPOSITORY = "owner/tiny-model"
FILES = {
    "README.md": b"---\nlicense: apache-2.0\n---\n# A model\n",
    "config.json": b'{"a":1}',
    "deep/er/unet config.json": b'{"b":2}',
    "unet/model.safetensors": bytes(range(256)) * 8,
}
LARGE = {"unet/model.safetensors"}


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(path: str) -> dict:
    data = FILES[path]
    if path not in LARGE:
        return {"type": "file", "oid": git_hash(data), "size": len(data), "path": path}
    sha256 = hashlib.sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(data)}\n".encode()
    lfs = {"oid": sha256, "size": len(data), "pointerSize": len(pointer)}
    return {"type": "file", "oid": git_hash(pointer), "size": len(data), "path": path, "lfs": lfs}


class Hub(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body: bool):
        path = self.path.split("?")[0]
        headers = {"X-Repo-Commit": COMMIT}
        if path.startswith(f"/api/models/{REPOSITORY}/revision/"):
            body = json.dumps({"id": REPOSITORY, "sha": COMMIT, "siblings": []}).encode()
            headers["Content-Type"] = "application/json"
        elif path.startswith(f"/api/models/{REPOSITORY}/tree/"):
            body = json.dumps([entry(name) for name in FILES]).encode()
            headers["Content-Type"] = "application/json"
        elif "/resolve/" not in path:
            self.send_error(404)
            return
        else:
            name = path.split("/resolve/")[1].split("/", 1)[1].replace("%20", " ")
            body = FILES[name]
            listed = entry(name)
            headers["ETag"] = '"%s"' % listed.get("lfs", listed)["oid"]
        self.send_response(200)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def listing(folder: str) -> dict:
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            key = os.path.relpath(path, folder)
            if key.startswith(".locks") or key == "CACHEDIR.TAG":
                continue
            if os.path.islink(path):
                found[key] = {"link": os.readlink(path)}
            else:
                with open(path, "rb") as file:
                    found[key] = {"sha256": hashlib.sha256(file.read()).hexdigest()}
                if "/trees/" in key:
                    with open(path) as file:
                        found[key] = {"json": json.load(file)}
    return dict(sorted(found.items()))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(
            HF_HOME=home,
            HF_ENDPOINT=f"http://127.0.0.1:{server.server_port}",
            HF_HUB_DISABLE_PROGRESS_BARS="1",
            HF_HUB_DISABLE_XET="1",
        )
        import huggingface_hub

        huggingface_hub.snapshot_download(REPOSITORY)
        result = {
            "madeBy": f"huggingface_hub {huggingface_hub.__version__}",
            "repository": REPOSITORY,
            "commit": COMMIT,
            "large": sorted(LARGE),
            "files": {name: data.hex() for name, data in FILES.items()},
            "cache": listing(os.path.join(home, "hub")),
        }
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
