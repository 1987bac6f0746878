"""Runs transactions on PyPI `sui-sandbox`: one JSON request a line on stdin, one JSON answer a line on stdout.

{"view": {"package", "module", "function", "typeArguments", "pure", "bytecode"}}  one call, which answers with what it returned
{"replay": state}  a transaction over a state file, which answers with its effects

Bytes are base64. An answer {"fault": text} is the sandbox's own failure, not the transaction's.
"""

import json
import os
import sys
import tempfile
from base64 import b64decode

import sui_sandbox


def view(call):
    return sui_sandbox.call_view_function(
        call["package"],
        call["module"],
        call["function"],
        type_args=call["typeArguments"],
        pure_inputs=[b64decode(value) for value in call["pure"]],
        package_bytecodes={call["package"]: call["bytecode"]},
        fetch_deps=False,
        fetch_child_objects=False,
    )


def replay(state, path):
    with open(path, "w") as file:
        json.dump(state, file)
    return sui_sandbox.replay(
        state["transaction"]["digest"],
        state_file=path,
        vm_only=True,
        no_prefetch=True,
        allow_fallback=False,
        source="walrus",
    )


def main():
    # The sandbox may print; answers have a stream of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory(prefix="second-machine-") as folder:
        path = os.path.join(folder, "state.json")
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = view(request["view"]) if "view" in request else replay(request["replay"], path)
            except Exception as error:  # the sandbox raises RuntimeError for whatever it cannot do
                answer = {"fault": str(error)}
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


main()
