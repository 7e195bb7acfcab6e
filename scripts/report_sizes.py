"""Report what is larger than aimed for: modules, functions, parameters.  Never fails."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES, FUNCTION_LINES, PARAMETERS = 300, 30, 5


def main() -> None:
    """Print one line per place that is larger than aimed for."""
    for path in sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("gis/**/*.py")]):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT)
        if len(text.splitlines()) > MODULE_LINES:
            print(f"{name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                report_function(name, node)


def report_function(name: Path, node: ast.FunctionDef) -> None:
    """Print what is large about one function."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    lines = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
    parameters = len(node.args.args) - (bool(node.args.args) and node.args.args[0].arg == "self")
    if lines > FUNCTION_LINES:
        print(f"{name}:{node.lineno} {node.name}: {lines} lines of code")
    if parameters > PARAMETERS:
        print(f"{name}:{node.lineno} {node.name}: {parameters} parameters")


if __name__ == "__main__":
    main()
