"""The AWS CLI, loaded once: a call is a fork of a process that has imported it already, instead of a start of Python.

loaded.py serve SOCKET        loads the CLI and answers calls until its stdin ends
loaded.py call SOCKET ARG...  makes one call, with the caller's environment, directory and open files
"""
import os
import socket
import sys


def call(path, arguments):
    files = [int(name) for name in os.listdir("/proc/self/fd") if is_open(int(name))]
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    environment = [name + b"=" + value for name, value in os.environb.items()]
    numbers = b" ".join(b"%d" % number for number in [len(arguments), *files])
    body = b"\0".join([numbers, os.getcwdb(), *map(os.fsencode, arguments), *environment])
    socket.send_fds(connection, [b"%16d" % len(body)], files)
    connection.sendall(body)
    status = connection.recv(16)
    if not status:
        sys.exit("aws: the loaded AWS CLI is gone")
    os._exit(int(status))


def is_open(number):
    """Not so the one by which the open files were listed."""
    try:
        os.fstat(number)
        return True
    except OSError:
        return False


def serve(path):
    import gc
    import select
    import signal

    import awscli.clidriver

    driver = awscli.clidriver.create_clidriver()
    warm_up(driver)
    gc.collect()
    gc.freeze()  # What is collected in a child is copied into it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            answer(connection, driver)
        connection.close()


def warm_up(driver):
    """Reads what describes S3, which takes longer than most calls, with one that ends where it finds no credentials.

    Not one whose output is a file: its handler of every answer would stay.
    """
    import contextlib

    ours = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "eu-central-1", "HOME": "/nowhere"}
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_") and name != "AWS_DATA_PATH"]:
        del os.environ[name]
    os.environ.update(ours)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        driver.main(["s3api", "head-object", "--bucket", "b", "--key", "k"])
    os.environ.clear()
    os.environ.update(before)


def answer(connection, driver):
    """Lets a child make the call. Ends it when the caller is gone, as a signal to its process group would."""
    import select
    import signal

    length, files, _, _ = socket.recv_fds(connection, 16, 64)
    body = b""
    while len(body) < int(length):
        body += connection.recv(1 << 16)
    worker = os.fork()
    if worker == 0:
        connection.close()
        perform(body.split(b"\0"), files, driver)
    for file in files:
        os.close(file)
    ended = os.pidfd_open(worker)
    ready, _, _ = select.select([connection, ended], [], [])
    if ended not in ready:
        os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    if ended in ready:
        connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def perform(words, files, driver):
    """Becomes the caller and runs the CLI; never returns."""
    import fcntl
    import traceback

    count, *numbers = map(int, words[0].split())
    # First out of the way: a file that came may have the number that another one must get.
    for number, file in zip(numbers, [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 256) for file in files]):
        os.dup2(file, number)
        os.close(file)
    for file in files:
        if file not in numbers:
            os.close(file)
    arguments = [os.fsdecode(word) for word in words[2 : 2 + count]]
    os.environ.clear()
    for word in words[2 + len(arguments) :]:
        name, _, value = word.partition(b"=")
        os.environb[name] = value
    status = 255
    try:
        os.chdir(words[1])
        status = driver.main(arguments)
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)


if sys.argv[1] == "call":
    call(sys.argv[2], sys.argv[3:])
else:
    serve(sys.argv[2])
