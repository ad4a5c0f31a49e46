"""Content codings: work that gives no bytes."""

import functools
import gzip
import struct
import threading
import time

from attacks.attack import attack
from attacks.requests import LIMIT, outcome, post, repeated

bytes_of = functools.partial(post, target="/attacked/bytes")


def coding(statuses):
    """Declares an attack with a content coding.

    The service bounds the time of decoding to 80 ms of the processor, so that a debug build, which also receives slowly, may
    respond with 413 where a release build decodes to the end."""
    debug_statuses = "413" if statuses == "200" else ""
    return attack(statuses, is_exact=True, debug_statuses=debug_statuses, debug_cpu=500)


class Bits:
    """Bits, the first of which is the lowest of a byte, as DEFLATE has them (RFC 1951, section 3.1.1)."""

    def __init__(self):
        self.value = self.length = 0

    def add(self, value, length):
        self.value |= value << self.length
        self.length += length
        return self

    def bytes(self):
        return self.value.to_bytes((self.length + 7) // 8, "little")


def empty_stored_block(bits):
    bits.add(0, 3)
    bits.add(0, -bits.length % 8).add(0xFFFF0000, 32)


def empty_fixed_block(bits):
    bits.add(0b010, 3).add(0, 7)


def empty_dynamic_block(bits):
    bits.add(0b100, 3).add(0, 5).add(0, 5).add(14, 4)
    # The lengths of the codes of 18 (zeros) and 1, in the order of the standard.
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1]:
        bits.add(int(symbol in (1, 18)), 3)
    bits.add(1, 1).add(138 - 11, 7).add(1, 1).add(118 - 11, 7)  # 256 literals that do not occur
    bits.add(0, 1).add(0, 1)  # the end of a block, and a distance
    bits.add(0, 1)  # the end of this block


def empty_blocks(block):
    """Content of the maximum size in the coding `deflate`, with blocks that decode to nothing."""
    bits = Bits()
    for _ in range(8):
        block(bits)
    assert bits.length % 8 == 0
    return b"\x78\x9c" + repeated(bits.bytes()) + b"\x03\x00" + struct.pack(">I", 1)


EMPTY_MEMBERS = repeated(gzip.compress(b""))


@coding("413")
def empty_members_of_gzip(service):
    return bytes_of(service, content=EMPTY_MEMBERS, content_encoding="gzip")


@coding("415")
def empty_members_of_gzip_in_gzip(service):
    return bytes_of(service, content=gzip.compress(EMPTY_MEMBERS), content_encoding="gzip, gzip")


@coding("415")
def empty_members_of_gzip_in_three_codings(service):
    content = gzip.compress(gzip.compress(EMPTY_MEMBERS))
    return bytes_of(service, content=content, content_encoding="gzip, gzip, gzip")


@coding("200")
def empty_stored_blocks_of_deflate(service):
    return bytes_of(service, content=empty_blocks(empty_stored_block), content_encoding="deflate")


@coding("200")
def empty_fixed_blocks_of_deflate(service):
    return bytes_of(service, content=empty_blocks(empty_fixed_block), content_encoding="deflate")


@coding("200")
def empty_dynamic_blocks_of_deflate(service):
    return bytes_of(service, content=empty_blocks(empty_dynamic_block), content_encoding="deflate")


@coding("200")
def empty_metadata_of_brotli(service):
    content = b"\x0c" + repeated(b"\x06") + b"\x03"
    return bytes_of(service, content=content, content_encoding="br")


@coding("413")
def empty_frames_of_zstandard(service):
    frame = bytes.fromhex("28b52ffd2000010000")
    return bytes_of(service, content=repeated(frame), content_encoding="zstd")


@coding("413")
def skippable_frames_of_zstandard(service):
    frame = bytes.fromhex("502a4d1800000000")
    return bytes_of(service, content=repeated(frame), content_encoding="zstd")


@coding("200")
def empty_blocks_of_zstandard(service):
    content = bytes.fromhex("28b52ffd2000") + repeated(b"\0\0\0") + b"\1\0\0"
    return bytes_of(service, content=content, content_encoding="zstd")


def block_of_zstandard(content, kind=2, is_last=False):
    return (is_last | kind << 1 | len(content) << 3).to_bytes(3, "little") + content


@coding("413")
def tables_of_zstandard(service):
    """Blocks that describe three tables, use each once, and repeat three bytes. The library builds the tables for each."""
    tables = bytes.fromhex("f43f f31f f43f")  # one symbol each, in tables of 512, 256 and 512 entries
    block = block_of_zstandard(b"\x00" + b"\x01\xa8" + tables + b"\x00\x00\x00\x04")
    content = bytes.fromhex("28b52ffd0058") + block_of_zstandard(bytes(16), kind=0)
    content += repeated(block) + block_of_zstandard(b"", kind=0, is_last=True)
    return bytes_of(service, content=content, content_encoding="zstd")


def context_map_of_brotli():
    """A meta-block of one byte with 256 types of blocks (RFC 7932, section 9.2), whose context map has 16,384 entries."""
    bits = Bits()
    bits.add(0, 1).add(0, 2).add(0, 16).add(0, 1)  # not the last one, of one byte, compressed
    bits.add(1, 1).add(7, 3).add(127, 7)  # 256 types of literals
    bits.add(1, 2).add(0, 2).add(0, 9)  # one code for the types
    bits.add(1, 2).add(0, 2).add(25, 5).add(0, 24)  # one code for the lengths, which is the longest
    bits.add(0, 1).add(0, 1)  # one type of commands, and one of distances
    bits.add(0, 2).add(0, 4).add(0, 512)  # the parameters of distances, and the modes of the types
    bits.add(1, 1).add(0, 3)  # two trees of literals
    bits.add(0, 1).add(1, 2).add(0, 2).add(0, 1).add(1, 1)  # a context map of zeros, which are moved to the front
    bits.add(0, 1)  # one tree of distances
    for _ in range(2):
        bits.add(1, 2).add(0, 2).add(97, 8)
    bits.add(1, 2).add(0, 2).add(8, 10)
    bits.add(1, 2).add(0, 2).add(0, 6)
    return bits


@coding("413")
def context_maps_of_brotli(service):
    """Each meta-block has a large context map, uses one entry of it, and gives one byte."""
    unit = context_map_of_brotli()
    digits = format(unit.value, f"0{unit.length}b")
    count = (LIMIT - 64) * 8 // unit.length
    value, length = int(digits * count, 2) << 1, unit.length * count + 1
    value |= 3 << length  # the last meta-block, which is empty
    content = value.to_bytes((length + 9) // 8, "little")
    return bytes_of(service, content=content, content_encoding="br")


@coding("413")
def bomb_of_gzip(service):
    return bytes_of(service, content=gzip.compress(bytes(1 << 28)), content_encoding="gzip")


@attack("200", cpu=5_000, memory=100)
def others_wait_for_content_that_is_decoded(service):
    """Four clients send content that takes long to decode, and a fifth one waits for small responses."""
    content = empty_blocks(empty_dynamic_block)
    has_ended = threading.Event()

    def attacker():
        while not has_ended.is_set():
            bytes_of(service, content=content, content_encoding="deflate")

    attackers = [threading.Thread(target=attacker) for _ in range(4)]
    for thread in attackers:
        thread.start()
    times = []
    with service.connect() as connection:
        for _ in range(20):
            begin = time.monotonic()
            connection.sendall(b"GET /word/a/1 HTTP/1.1\r\nhost: localhost\r\n\r\n")
            response = connection.recv(1 << 16)
            times.append((time.monotonic() - begin) * 1000)
    has_ended.set()
    for thread in attackers:
        thread.join()
    median = sorted(times)[len(times) // 2]
    found = outcome(content, response)
    found.failure = f"a small response takes {median:.0f} ms" if median > 150 else ""
    return found
