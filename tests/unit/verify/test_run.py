"""A command, a copy with changes, and a report: whatever the command does, and the workspace is left alone."""

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from farthing.verify import launcher, places, tree
from farthing.verify.model import Command, Limits, Report
from farthing.verify.plan import Plan
from farthing.verify.run import verify
from tests.support.edits import content
from tests.support.verify import QUICK, change, left, mark, program, repository, running, shell, until

TEST = shell("sh test.sh")


@pytest.mark.parametrize("sandbox", [True, False])
async def test_it_runs_with_the_changes_and_leaves_the_workspace_alone(root: Path, sandbox: bool) -> None:
    before = content(root)
    command = shell("cat a.txt sub/b.txt new/c.txt; echo x > a.txt; echo y > made; pwd; exit 7", sandbox=sandbox)
    report = await verify(root, [change("a.txt", "changed\n"), change("new/c.txt", "new\n", None)], command, QUICK)
    assert report.tail == "changed\nb\nnew\n.\n", report
    assert (report.passed, report.code) == (False, 7)
    assert "exit code 7" in report.reason
    assert report.red_before is True
    assert content(root) == before
    assert left() == []


async def test_passing(root: Path) -> None:
    report = await verify(root, [change("a.txt", "good as well\n")], TEST, QUICK)
    assert (report.passed, report.code, report.red_before, report.left_out) == (True, 0, None, ())
    assert report.seconds > 0


async def test_it_tells_who_is_at_fault(root: Path) -> None:
    report = await verify(root, [change("a.txt", "bad\n")], TEST, QUICK)
    assert (report.passed, report.red_before) == (False, False)
    assert report.reason == "it failed with exit code 1"
    (root / "a.txt").write_text("bad\n")
    report = await verify(root, [change("sub/b.txt", "c\n")], TEST, QUICK)
    assert (report.passed, report.red_before) == (False, True)
    assert report.reason == "it failed with exit code 1, and so it does without the changes"


async def test_what_the_user_has_is_tested(root: Path) -> None:
    (root / ".gitignore").write_text("*.log\nbuild/\n")
    (root / "untracked.txt").write_text("untracked\n")
    (root / "x.log").write_text("log\n")
    (root / "build").mkdir()
    (root / "build" / "y").write_text("y\n")
    (root / "a.txt").write_text("not committed\n")
    (root / "sub" / "b.txt").unlink()
    program(root / "run.sh", "cat a.txt; find . -type f | LC_ALL=C sort")
    report = await verify(root, (), Command(("./run.sh",)), QUICK)
    assert report.tail == "not committed\n./.gitignore\n./a.txt\n./run.sh\n./test.sh\n./untracked.txt\n"


@pytest.mark.parametrize("sandbox", [True, False])
async def test_what_is_installed_is_there(root: Path, sandbox: bool) -> None:
    (root / ".gitignore").write_text("node_modules\n.venv\n")
    program(root / ".venv" / "bin" / "tool", "cat node_modules/m sub/node_modules/n")
    for name, text in (("node_modules/m", "m\n"), ("sub/node_modules/n", "n\n")):
        (root / name).parent.mkdir()
        (root / name).write_text(text)
    report = await verify(root, (), Command((".venv/bin/tool",), sandbox=sandbox), QUICK)
    assert (report.tail, report.code) == ("m\nn\n", 0), report


@pytest.mark.parametrize("arguments", [("no-such-program-of-anyone",), ("./test.sh",), ("./no.sh",), (".venv/bin/x",)])
async def test_a_program_that_cannot_be_started(root: Path, arguments: tuple[str, ...]) -> None:
    report = await verify(root, [change("a.txt", "bad\n")], Command(arguments), QUICK)
    assert (report.passed, report.code, report.red_before) == (False, None, None)
    assert arguments[0] in report.reason
    assert left() == []


@pytest.mark.parametrize("sandbox", [True, False])
async def test_who_hangs_is_killed_with_all_that_ignore_it(root: Path, sandbox: bool) -> None:
    token = f"token-{os.getpid()}-{sandbox}"
    stubborn = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.setsid(); time.sleep(600)"
    python = f'{sys.executable} -c "{stubborn}" {token}'
    script = f"trap '' TERM; ({python} &); {python} & sleep 600 & echo begun; while :; do wait; done"
    report = await verify(root, (), shell(script, seconds=2.0, sandbox=sandbox), QUICK)
    assert (report.passed, report.code) == (False, None)
    assert report.reason == "it was ended after 2 seconds"
    assert report.tail == "begun\n"
    assert running(token) == []
    assert left() == []


@pytest.mark.parametrize("sandbox", [True, False])
async def test_who_ends_politely_may(root: Path, sandbox: bool) -> None:
    limits = Limits(grace=60.0)
    script = "trap 'echo bye; exit 0' TERM; echo begun; while :; do sleep 0.05; done"
    report = await verify(root, (), shell(script, seconds=2.0, sandbox=sandbox), limits)
    assert report.tail.endswith("bye\n")
    assert not report.passed


@pytest.mark.parametrize("sandbox", [True, False])
async def test_what_is_left_running_is_ended(root: Path, sandbox: bool) -> None:
    token = f"left-{os.getpid()}-{sandbox}"
    script = f'setsid {sys.executable} -c "import time; time.sleep(600)" {token} & exit 0'
    report = await verify(root, (), shell(script, sandbox=sandbox), QUICK)
    assert report.passed
    assert running(token) == []


async def test_a_flood_is_ended_and_its_end_kept(root: Path) -> None:
    limits = Limits(grace=0.2, output_bytes=1_000_000, tail_bytes=1000)
    report = await verify(root, (), shell("yes 0123456789"), limits)
    assert report.reason == "it was ended, as it wrote without end"
    assert not report.passed
    assert len(report.tail) <= 1000
    assert report.tail.endswith(("0123456789\n", "0123456789"))


async def test_the_end_of_long_output_is_kept(root: Path) -> None:
    report = await verify(root, (), shell("seq 20000; echo on stderr >&2"), Limits(tail_bytes=100))
    assert report.tail.endswith("19999\n20000\non stderr\n")
    assert len(report.tail) == 100


@pytest.mark.parametrize("sandbox", [True, False])
async def test_it_may_remove_its_own_directory_and_lock_itself_out(root: Path, sandbox: bool) -> None:
    script = 'mkdir -p deep/er; chmod 0 deep/er deep; rm -rf ./* "$TMPDIR"; cd /; rm -rf "$OLDPWD"; exit 4'
    report = await verify(root, (), shell(script, sandbox=sandbox), QUICK)
    assert report.code == 4
    assert left() == []
    assert (root / "a.txt").exists()


async def test_paths_are_those_of_the_repository(root: Path) -> None:
    script = f"echo $TMPDIR/x; echo $PWD/a.txt:3; echo in $PWD, '{root}/b' '{root}er/c' '{root}'"
    for sandbox in (True, False):
        report = await verify(root, (), shell(script, sandbox=sandbox), QUICK)
        assert report.tail == f"/tmp/x\na.txt:3\nin ., b {root}er/c .\n"


async def test_output_that_is_no_text_and_a_signal(root: Path) -> None:
    report = await verify(root, (), shell(r"printf '\377\376ok\n'; kill -9 $$"), QUICK)
    assert report.tail == "\ufffd\ufffdok\n"
    assert (report.code, report.reason) == (137, "it was killed by signal 9")


async def test_it_has_no_input(root: Path) -> None:
    assert (await verify(root, (), shell("read line || echo none"), QUICK)).tail == "none\n"


async def test_too_much_memory_is_not_given(root: Path) -> None:
    limits = Limits(memory_bytes=200_000_000)
    command = Command((sys.executable, "-I", "-c", "print(len(bytearray(1_000_000_000)))"))
    report = await verify(root, (), command, limits)
    assert not report.passed
    assert "MemoryError" in report.tail


async def test_a_workspace_that_is_too_large(root: Path) -> None:
    (root / "large").write_bytes(b"x" * 2_000_000)
    report = await verify(root, (), TEST, Limits(copy_bytes=1_000_000))
    assert report.code is None
    assert report.reason.startswith("the workspace has more than 1 MB")
    assert (await verify(root, (), TEST, Limits(copy_files=2))).code is None
    assert left() == []


async def test_a_full_disk_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tree.Copier, "_count", full)
    report = await verify(root, (), TEST, QUICK)
    assert (report.passed, report.code) == (False, None)
    assert report.reason == "the copy of the workspace can't be made: No space left on device"
    assert left() == []


async def test_a_workspace_that_holds_our_own_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARTHING_HOME", str(root / "state"))
    folder = places.directory(root)
    assert folder and not folder.is_relative_to(root)
    assert (await verify(root, (), TEST, QUICK)).passed
    assert places.directory(Path("/")) is None


async def test_changes_never_leave_the_copy(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "link").symlink_to(outside)
    for path in ("../evil.txt", str(outside / "evil.txt"), "link/../../evil.txt", ".git/config"):
        report = await verify(root, [change(path, "evil\n", None)], TEST, QUICK)
        assert report.code is None, path
    # The link is not in the copy, so this is a file of the copy.
    report = await verify(root, [change("link/c.txt", "c\n", None)], shell("cat link/c.txt"), QUICK)
    assert report.tail == "c\n"
    assert content(outside) == {}
    assert not (tmp_path / "evil.txt").exists()


async def test_cancelling_ends_it_all(root: Path) -> None:
    token = f"cancel-{os.getpid()}"
    command = Command((sys.executable, "-I", "-c", "import time; time.sleep(600)", token), 600)
    task = asyncio.create_task(verify(root, (), command, QUICK))
    await asyncio.to_thread(until, lambda: any("sleep" in line and "launcher" not in line for line in running(token)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert running(token) == []
    assert left() == []


async def test_cancelling_while_it_copies(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    class Slow(tree.Copier):
        def copy(self) -> tree.Copied:
            loop.call_soon_threadsafe(begun.set)
            assert self.given_up.wait(60)
            return super().copy()

    monkeypatch.setattr(tree, "Copier", Slow)
    task = asyncio.create_task(verify(root, (), TEST, QUICK))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left() == []


@pytest.mark.parametrize("sandbox", [True, False])
def test_nothing_outlives_our_own_death(root: Path, sandbox: bool) -> None:
    token = f"orphan-{os.getpid()}-{sandbox}"
    script = f"""
        import asyncio, sys
        from pathlib import Path
        from farthing.verify.model import Command
        from farthing.verify.run import verify
        command = Command((sys.executable, "-I", "-c", "import time; time.sleep(600)", {token!r}), 600, {sandbox})
        asyncio.run(verify(Path({str(root)!r}), (), command))
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)])
    until(lambda: any(line.startswith(f"{sys.executable} -I -c") for line in running(token)))
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: running(token) == [])
    assert left() != []
    assert asyncio.run(verify(root, (), TEST, QUICK)).passed
    assert left() == []


async def test_two_at_once(root: Path) -> None:
    reports = await asyncio.gather(
        *(verify(root, (), shell("dirname $TMPDIR | cksum; sh test.sh"), QUICK) for _ in range(3))
    )
    assert all(report.passed for report in reports)
    assert len({report.tail for report in reports}) == 3
    assert left() == []


async def test_without_git(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / "node_modules").mkdir(parents=True)
    (folder / "node_modules" / "m").write_text("m\n")
    (folder / "a.txt").write_text("a\n")
    report = await verify(folder, [change("b.txt", "b\n", None)], shell("cat a.txt b.txt node_modules/m"), QUICK)
    assert (report.tail, report.passed) == ("a\nb\nm\n", True)


async def test_git_finds_no_repository_above_the_copy(root: Path, farthing_home: Path) -> None:
    repository(farthing_home, {"x": "x"})
    report = await verify(root, (), shell("git rev-parse --show-toplevel || git ls-files"), QUICK)
    assert str(farthing_home) not in report.tail
    assert report.code == 128


async def closed_in(root: Path, script: str) -> Report:
    """What a script says in the sandbox."""
    report = await verify(root, (), shell(script), QUICK)
    assert report.sandboxed, report.reason
    return report


@pytest.mark.sandbox
async def test_the_sandbox_lets_nothing_be_written_elsewhere(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    script = f"{mark(target)}; {mark(Path('.venv') / 'x')}; echo z > '{root}/a.txt'; cat a.txt; : > /dev/null; echo $?"
    (root / ".gitignore").write_text(".venv\n")
    (root / ".venv").mkdir()
    report = await closed_in(root, script)
    assert report.tail.count("Read-only file system") == 2, report.tail
    assert report.tail.endswith("z\n0\n")  # the workspace's own path leads to the copy
    assert (root / "a.txt").read_text() == "good\n"
    assert not target.exists()
    assert list((root / ".venv").iterdir()) == []


@pytest.mark.sandbox
async def test_the_sandbox_has_a_loopback_and_no_other_network(root: Path) -> None:
    script = """
        import json, socket
        server = socket.create_server(("127.0.0.1", 0))
        socket.create_connection(server.getsockname()).close()
        print(json.dumps([name for _, name in socket.if_nameindex()]))
    """
    (root / "net.py").write_text(textwrap.dedent(script))
    report = await closed_in(root, f"{sys.executable} -I net.py")
    interfaces = json.loads(report.tail)
    assert "lo" in interfaces
    assert not any(name.startswith(("eth", "en", "wl")) for name in interfaces)


@pytest.mark.sandbox
async def test_the_sandbox_shows_no_other_process_and_gives_no_rights(root: Path) -> None:
    report = await closed_in(root, f"grep CapEff /proc/self/status; kill -0 {os.getpid()} || echo none; id -u")
    capabilities, killed, user = report.tail.splitlines()[0], report.tail, report.tail.splitlines()[-1]
    assert int(capabilities.split()[1], 16) == 0
    assert "none" in killed
    assert int(user) == os.getuid()


@pytest.mark.sandbox
async def test_the_sandbox_hides_secrets(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id").write_text("PRIVATE")
    (tmp_path / ".netrc").write_text("PRIVATE")
    monkeypatch.setenv("HOME", str(tmp_path))
    report = await closed_in(root, "cat ~/.ssh/id ~/.netrc; true")
    assert "PRIVATE" not in report.tail


async def test_who_wants_no_sandbox_has_none(root: Path) -> None:
    assert not (await verify(root, (), shell("sh test.sh", sandbox=False), QUICK)).sandboxed


async def test_where_nothing_may_leave_the_machine_it_is_closed_in_or_not_run(
    root: Path, farthing_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (farthing_home / "config.toml").write_text('[escalation]\npolicy = "never"\n')
    report = await verify(root, (), shell("echo ran", sandbox=False), QUICK)
    assert report.sandboxed == (report.tail == "ran\n") == report.passed
    plan = Plan(("/bin/sh",), str(root), str(root), str(root), (), True, True, 1, 1, 1.0, 3)
    monkeypatch.setattr(launcher, "LINUX", False)
    assert launcher._begin(plan) == (0, "exec: this machine can't close it in, and escalation.policy is never")
