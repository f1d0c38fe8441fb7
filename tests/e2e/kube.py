"""Objects read from the API server, over one connection a thread: the tests look several times a second, and a kubectl for
each look would take a sixth of the machine."""
import base64
import http.client
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading
import urllib.parse

OURS = "apis/tidegate.io/v1alpha1"
PATHS = {"pods": "api/v1", "persistentvolumeclaims": "api/v1", "statefulsets": "apis/apps/v1", "jobs": "apis/batch/v1",
         "events": "apis/events.k8s.io/v1", "pipelines": OURS, "kafkaclusters": OURS}
mine = threading.local()


def connect():
    config = json.loads(subprocess.run(["kubectl", "config", "view", "--raw", "--flatten", "--minify", "-o", "json"], check=True,
                                       capture_output=True, text=True).stdout)
    server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    with tempfile.TemporaryDirectory() as directory:
        files = {}
        for name, data in (("ca", server["certificate-authority-data"]), ("certificate", user["client-certificate-data"]),
                           ("key", user["client-key-data"])):
            files[name] = pathlib.Path(directory, name)
            files[name].write_bytes(base64.b64decode(data))
        context = ssl.create_default_context(cafile=files["ca"])
        context.load_cert_chain(files["certificate"], files["key"])
    return http.client.HTTPSConnection(urllib.parse.urlsplit(server["server"]).netloc, context=context, timeout=30)


def request(path):
    if not hasattr(mine, "connection"):
        mine.connection = connect()
    try:
        mine.connection.request("GET", path)
        response = mine.connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        mine.connection.close()  # the next request connects anew
        raise RuntimeError(f"{path}: {error}")


def read(path, query):
    path = f"/{path}?{urllib.parse.urlencode(query)}"
    try:
        status, body = request(path)
    except RuntimeError:  # the server may have closed a connection that was idle
        status, body = request(path)
    if status != 200:
        raise RuntimeError(f"{path}: {status} {json.loads(body).get('message', '')}")
    return body


def get(namespace, plural, name="", **query):
    """One object, or a list of them: `labelSelector` and `fieldSelector` say which."""
    return json.loads(read(f"{PATHS[plural]}/namespaces/{namespace}/{plural}/{name}", query))


def logs(namespace, pod, container):
    """All that a container of a pod has written since it was started last."""
    return read(f"api/v1/namespaces/{namespace}/pods/{pod}/log", {"container": container}).decode()
