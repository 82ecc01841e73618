"""What a parser inside a worker cannot do, tried inside a worker."""

import platform
import socket
import sys

import pytest
from sota_rag.index.store import FileState

linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="the kernel's filters are Linux's, on x86-64 and ARM64",
)


@pytest.fixture
def said(pool, outcomes):
    """What came of an attempt in a worker, in words; the worker survives it."""

    def attempt(content):
        (state, text), (after, _) = outcomes(pool, content, "echo still here")
        assert (state, after) == (FileState.INDEXED, FileState.INDEXED), text
        return text

    return attempt


@pytest.mark.parametrize(
    "attempt",
    [
        "resolve localhost",
        "run true",
        "system true",
        "fork",
        "read /etc/passwd",
        "read /proc/self/environ",
        "list /",
        "dlopen libm.so.6",
    ],
)
def test_python_refuses(said, attempt):
    assert said(attempt).startswith("refused: a parser may not ")


def test_no_connection_is_made(said):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        assert said(f"connect {server.getsockname()[1]}").startswith("refused: ")
        with pytest.raises(TimeoutError):
            server.accept()


def test_nothing_is_written_or_removed(said, tmp_path):
    kept = tmp_path / "kept.txt"
    kept.write_text("as it was")
    for attempt in (f"write {kept}", f"append {kept}", f"remove {kept}", f"write {tmp_path / 'new.txt'}"):
        assert said(attempt).startswith("refused: ")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("kept.txt", "as it was")]


def test_a_link_does_not_lead_out_of_the_libraries(said, tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert said(f"read {tmp_path}/link").startswith("refused: ")


def test_modules_can_still_be_imported_late(said):
    assert said("import colorsys") == "colorsys"


@linux
@pytest.mark.parametrize(
    "attempt", ["libc_socket", "libc_fork", "libc_execv /bin/true", "libc_kill 1", "libc_ptrace 1"]
)
def test_the_kernel_refuses_system_calls_whoever_makes_them(said, attempt):
    assert said(attempt) == "-1 Operation not permitted"


@linux
def test_the_kernel_refuses_to_write(said, tmp_path):
    (tmp_path / "kept").touch()
    assert said(f"libc_create {tmp_path / 'new'}").startswith("-1 ")
    assert said(f"libc_unlink {tmp_path / 'kept'}").startswith("-1 ")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@linux
def test_the_kernel_refuses_to_read_outside_the_libraries(pool, said):
    if not any("Landlock)" in words and "refuses" in words for words in pool.describe()):
        pytest.skip("this kernel has no Landlock")
    assert said("libc_open /etc/passwd") == "-1 Permission denied"


@linux
def test_what_is_in_force_is_said(pool):
    said = " ".join(pool.describe())
    assert "memory 400 MiB" in said
    assert "(seccomp)" in said
    assert "(audit hook)" in said
    assert "not in force" not in said
