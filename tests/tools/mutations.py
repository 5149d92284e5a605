"""Which small faults can be planted in a module: one a place, each made when it is asked for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
}
Change = Callable[[Any], ast.AST]


@dataclass(frozen=True)
class Mutant:
    """`file` with one thing changed in the function `where`; `lines` are those of what is changed."""

    file: str
    where: str
    was: str
    now: str
    place: int  # among the places of the module
    lines: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.file} {self.where}: {self.was} -> {self.now}"

    def planted(self, text: str) -> ast.Module:
        """The module of this text with the change in it; all else stays in its line."""
        tree = ast.parse(text)
        target, _ = list(_places(tree))[self.place]
        _Swap(target, _changed(target)).visit(tree)
        return ast.fix_missing_locations(tree)


def mutants_of(root: Path, file: Path) -> Iterator[Mutant]:
    """All of a module, in the order of its text."""
    tree = ast.parse(file.read_text())
    called = _defaults(tree) | _attributes(tree)
    for n, (node, where) in enumerate(_places(tree)):
        if _change_of(node) is not None:
            lines = called.get(node) or tuple(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            yield Mutant(str(file.relative_to(root)), where, _short(node), _short(_changed(node)), n, lines)


def _defaults(tree: ast.AST) -> dict[ast.AST, tuple[int, ...]]:
    """What stands in the defaults of parameters, each with the lines of its function: its own is run on import alone,
    and no test seems to come there."""
    return {
        node: tuple(range(function.body[0].lineno, (function.end_lineno or function.lineno) + 1))
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function.args)
    }


def _attributes(tree: ast.Module) -> dict[ast.AST, tuple[int, ...]]:
    """What classes have from their first moment, each with all lines of its module, for the same reason."""
    all_lines = tuple(range(1, max((each.end_lineno or 0 for each in tree.body), default=0) + 1))
    return {
        node: all_lines
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef)
        for value in each.body
        if isinstance(value, ast.Assign | ast.AnnAssign)
        for node in ast.walk(value)
    }


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else super().generic_visit(node)


def _places(tree: ast.AST, where: str = "module") -> Iterator[tuple[Any, str]]:
    """Expressions and statements inside of functions, without annotations, decorators and docstrings."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                inside = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else where
                if isinstance(child, ast.expr | ast.stmt) and inside != "module":
                    yield child, inside
                yield from _places(child, inside)


def _changed(node: Any) -> ast.AST:
    change = _change_of(node)
    assert change is not None
    return ast.copy_location(change(node), node)


def _change_of(node: ast.AST) -> Change | None:
    """What can be made of it."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPPED:
            return lambda each: ast.Compare(each.left, [SWAPPED[type(op)]()], each.comparators)
        case ast.BoolOp(op=op):
            return lambda each: ast.BoolOp(SWAPPED[type(op)](), each.values)
        case ast.BinOp(op=op) if type(op) in SWAPPED:
            return lambda each: ast.BinOp(each.left, SWAPPED[type(op)](), each.right)
        case ast.UnaryOp(op=ast.Not()):
            return lambda each: each.operand
        case ast.Constant(value=bool() as value):
            return lambda each: ast.Constant(not value)
        case ast.Constant(value=int() as value):
            return lambda each: ast.Constant(value + 1)
        case ast.Expr(value=ast.Call()):
            return lambda each: ast.Pass()
        case ast.Assign(targets=[ast.Attribute()]) | ast.AugAssign(target=ast.Attribute()):
            return lambda each: ast.Pass()
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            return lambda each: ast.Return(ast.Constant(None))
    return None


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())[:100]
