"""A real RTSP server for tests (rtsp_server.ts): options as JSON in argv[1], one JSON command a line on stdin.

Prints {"port": …} once it listens, and {"done": …} after each command.
"""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

options = json.loads(sys.argv[1])
Gst.init(None)
user, password = options["user"], options["password"]
sources, clients = [], []


ENCODERS = {
    "openh264enc": "openh264enc gop-size={every} complexity=low bitrate=1000000",
    "x264enc": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={every} bitrate=1000",
}


def launch():
    size = f"width={options['width']},height={options['height']}"
    raw = f"video/x-raw,format=I420,{size},framerate={options['fps']}/1"
    source = f"videotestsrc name=source is-live=true do-timestamp=true pattern={options['pattern']}"
    clock = "clockoverlay ! " if options["clock"] else ""
    encoders = [words for name, words in ENCODERS.items() if Gst.ElementFactory.find(name)]
    # Without an encoder of H.264 pictures are better than none.
    if options["codec"] == "mjpeg" or not encoders:
        return f"( {source} ! {raw} ! {clock}jpegenc ! rtpjpegpay name=pay0 )"
    encode = encoders[0].format(every=options["keyframeEvery"])
    parse = "h264parse config-interval=-1"
    return f"( {source} ! {raw} ! {clock}{encode} ! {parse} ! rtph264pay name=pay0 config-interval=-1 )"


def on_media(_factory, media):
    source = media.get_element().get_child_by_name("source")
    source.set_property("pattern", options["pattern"])
    sources.append(source)
    media.connect("unprepared", lambda _media: sources.remove(source))


def set_password(word):
    global password
    if options["auth"] == "basic":
        auth.remove_basic(GstRtspServer.RTSPAuth.make_basic(user, password))
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, word), token)
    else:
        auth.remove_digest(user)
        auth.add_digest(user, word, token)
    password = word


def close_clients():
    for client in list(clients):
        client.close()


def obey(command):
    if "pattern" in command:
        options["pattern"] = command["pattern"]
        for source in sources:
            source.set_property("pattern", command["pattern"])
    if "password" in command:
        set_password(command["password"])
    if "drop" in command:
        close_clients()
    print(json.dumps({"done": True, "clients": len(clients)}), flush=True)


def listen_to_commands():
    for line in sys.stdin:
        GLib.idle_add(obey, json.loads(line))
    GLib.idle_add(loop.quit)


def on_client(_server, client):
    clients.append(client)
    client.connect("closed", clients.remove)


server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(str(options["port"]))
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(launch())
factory.set_shared(options["shared"])
factory.connect("media-configure", on_media)
server.connect("client-connected", on_client)

if options["auth"] != "none":
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    digest = options["auth"] == "digest"
    method = GstRtsp.RTSPAuthMethod
    auth.set_supported_methods(method.DIGEST if digest else method.BASIC)
    if digest:
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    role = Gst.Structure.new_empty("viewer")
    role.set_value("media.factory.access", True)
    role.set_value("media.factory.construct", True)
    factory.add_role_from_structure(role)

server.get_mount_points().add_factory(options["path"], factory)
loop = GLib.MainLoop()
server.attach(None)
if server.get_bound_port() <= 0:
    sys.exit("the port is taken")
GLib.timeout_add_seconds(2, lambda: server.get_session_pool().cleanup() >= 0)
threading.Thread(target=listen_to_commands, daemon=True).start()
print(json.dumps({"port": server.get_bound_port()}), flush=True)
loop.run()
