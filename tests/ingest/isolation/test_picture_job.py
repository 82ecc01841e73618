"""Pages drawn in workers; run as a program, this file is a worker that draws what the data's first word says."""

import struct
import threading
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas
from sota_rag.index.errors import IngestError, QuarantineError
from sota_rag.index.store import FileState
from sota_rag.ingest.formats.pdf.rendering import page_picture
from sota_rag.ingest.isolation import Limits, WorkerPool
from sota_rag.ingest.isolation.pictures import MAX_PIXELS, PictureJob, flaw_of

HERE = Path(__file__)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png(width=2, height=2, *, depth=8, colour=0, interlaced=0, raw=None, extra=b"", end=b""):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    body = zlib.compress(bytes(height * (1 + width)) if raw is None else raw)
    return SIGNATURE + header + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"") + end


LIES = {
    "gif": b"GIF89a",
    "nothing": b"",
    "reason": b'"\xff"',
    "endless": b'"' + b"x" * 3000 + b'"',
    "long": b"x" * 600_000,
    "wide": png(3000, 1),
}


def paper(*lines):
    file = BytesIO()
    canvas = Canvas(file, pagesize=(300, 400), invariant=True)
    for number, line in enumerate(lines):
        canvas.drawString(20, 350 - 20 * number, line)
    canvas.save()
    return file.getvalue()


@pytest.fixture(scope="module")
def pictures(tokenizer):
    """One worker that does with a page what its data says."""
    limits = Limits(wall_s=20, memory_bytes=400 * 2**20, output_bytes=500_000)
    pool = WorkerPool(tokenizer, workers=1, limits=limits, command=(str(HERE),))
    yield pool
    pool.close()


def refusal(pool, data, page=1):
    with pytest.raises(QuarantineError) as caught:
        pool.picture(data if isinstance(data, bytes) else data.encode(), page, 200)
    return str(caught.value)


def test_a_worker_draws_what_this_process_would(tokenizer):
    data = paper("Helvetica is in no file and in every reader.")
    pool = WorkerPool(tokenizer, workers=1)
    assert pool.picture(data, 1, 500) == page_picture(data, 1, 500, max_pixels=MAX_PIXELS)
    pool.close()


def test_pages_are_drawn_between_files_that_are_read(pictures, outcomes):
    data = paper("A page.")
    assert outcomes(pictures, "# Title\n\nText.", suffix=".md")[0][0] is FileState.INDEXED
    assert pictures.picture(data, 1, 200).startswith(SIGNATURE)
    assert outcomes(pictures, "# Title\n\nText.", suffix=".md")[0][0] is FileState.INDEXED


def test_our_own_reasons_come_through(pictures):
    assert refusal(pictures, paper("x"), page=2) == "it has no page 2 (its pages are 1 to 1); ingest it again"
    assert refusal(pictures, "%PDF-1.4").startswith("it is damaged")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("kill", "its parser was killed (signal SIGKILL), as a system does that is short of memory; split it"),
        ("segfault", "its parser crashed (signal SIGSEGV); convert it or leave it out"),
        ("allocate 9000000000", "it needed more than 400 MiB of memory to read; split it"),
        ("nest 1", "it is nested deeper than the 1000 levels that are followed; flatten it"),
        (
            "raise 7",
            "its parser failed (IndexError: list index out of range); check the file, convert it or leave it out",
        ),
        ("lie gif", "its parser answered with something that is no parse (no PNG); convert it or leave it out"),
        ("lie nothing", "its parser answered with something that is no parse (no PNG); convert it or leave it out"),
        ("lie long", "its parse is larger than 0.5 MB; split it"),
        (
            "lie wide",
            "its parser answered with something that is no parse (a picture of 3000 by 1 pixels); convert it or leave "
            "it out",
        ),
        (
            "lie endless",
            "its parser answered with something that is no parse (an endless reason); convert it or leave it out",
        ),
    ],
)
def test_a_bad_file_costs_its_own_picture_only(pictures, data, reason):
    assert refusal(pictures, data) == reason
    assert pictures.picture(paper("still here"), 1, 200).startswith(SIGNATURE)


def test_a_reason_that_is_no_text_is_no_answer(pictures):
    assert refusal(pictures, "lie reason").startswith("its parser answered with something that is no parse (")


@pytest.mark.parametrize(
    "attempt",
    ["resolve localhost", "run true", "fork", "read /etc/passwd", "list /", "write /tmp/x", "dlopen libm.so.6"],
)
def test_drawing_has_no_more_rights_than_reading(pictures, attempt):
    assert refusal(pictures, attempt).startswith("refused: a parser may not ")


def test_a_page_that_takes_too_long_is_given_up(tokenizer):
    pool = WorkerPool(tokenizer, workers=1, limits=Limits(wall_s=1.0), command=(str(HERE),))
    assert refusal(pool, "sleep 60") == "it took longer than 1 s to read; split it"
    pool.close()


def test_closing_ends_the_wait_for_a_picture(tokenizer):
    pool, said = WorkerPool(tokenizer, workers=1, command=(str(HERE),)), []

    def wait():
        try:
            pool.picture(b"sleep 60", 1, 200)
        except IngestError as error:
            said.append(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    while not (pool._crew and pool._crew.processes):
        waiting.join(0.05)
    pool.close()
    waiting.join(10)
    assert said == ["reading was stopped before all files were read; run it again"]


def test_a_worker_that_may_read_one_file_draws_one_page(tokenizer):
    pool = WorkerPool(tokenizer, workers=1, limits=Limits(files_per_worker=1), command=(str(HERE),))
    assert refusal(pool, "pid") != refusal(pool, "pid")
    pool.close()


@pytest.mark.parametrize(
    ("picture", "flaw"),
    [
        (png(), None),
        (png(colour=2, raw=bytes(2 * 7)), None),
        (png()[:-1], "a PNG with other parts than header and pixels"),
        (png().replace(b"IDAT", b"IDAX"), "a PNG with other parts than header and pixels"),
        (png(extra=chunk(b"tEXt", b"Comment\0x")), "a PNG with other parts than header and pixels"),
        (png(end=b"<script>"), "a PNG with other parts than header and pixels"),
        (SIGNATURE, "a PNG with other parts than header and pixels"),
        (png(depth=16), "a PNG of another kind"),
        (png(colour=3), "a PNG of another kind"),
        (png(interlaced=1), "a PNG of another kind"),
        (png(9, 1), "a picture of 9 by 1 pixels"),
        (png(0, 1), "a picture of 0 by 1 pixels"),
        (png(8, 2**31, raw=b""), f"a picture of 8 by {2**31} pixels"),
        (png(raw=bytes(5)), "other pixels than announced"),
        (png(raw=bytes(50_000_000)), "other pixels than announced"),
        (SIGNATURE + png()[8:33] + chunk(b"IDAT", b"no zlib") + chunk(b"IEND", b""), "other pixels than announced"),
    ],
)
def test_only_a_plain_picture_of_the_promised_size_is_believed(picture, flaw):
    assert flaw_of(picture, PictureJob(b"", 1, 8)) == flaw


if __name__ == "__main__":
    import sys

    sys.path.insert(0, str(HERE.parent))
    from misbehaving_worker import ACTIONS
    from sota_rag.ingest.isolation import worker

    honest = worker.draw

    def draw(job):
        what, _, argument = job.data.decode("latin-1").partition(" ")
        if what == "lie":
            return LIES[argument]
        if what in ACTIONS:
            raise QuarantineError(str(ACTIONS[what](argument)))
        return honest(job)

    worker.draw = draw
    worker.main()
