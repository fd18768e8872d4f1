import socket
import sys

from report import attempt, must

port, address, abstract = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def get(host, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect((host, port))
        s.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        return s.recv(100)


def unix(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.connect(path)
        return True


def bound(family, kind, protocol=0):
    with socket.socket(family, kind, protocol):
        return True


def interfaces():
    names = [name for _, name in socket.if_nameindex() if name != "lo"]
    return must(names, "only the loopback")


attempt("loopback", lambda: get("127.0.0.1"))
attempt("loopback 6", lambda: get("::1", socket.AF_INET6))
attempt("any address", lambda: get("0.0.0.0"))
attempt("network address", lambda: get(address))
attempt("name", lambda: socket.getaddrinfo("example.com", 80))
attempt("dns", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("1.1.1.1", 53)))
attempt("abstract socket", lambda: unix("\0" + abstract))
attempt("docker", lambda: unix("/var/run/docker.sock"))
attempt("system bus", lambda: unix("/run/dbus/system_bus_socket"))
attempt("raw socket", lambda: bound(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
attempt("packet socket", lambda: bound(socket.AF_PACKET, socket.SOCK_RAW))
attempt("vsock", lambda: bound(40, socket.SOCK_STREAM))
attempt("kernel crypto", lambda: bound(38, socket.SOCK_SEQPACKET))
attempt("interfaces", interfaces)
print("done")
