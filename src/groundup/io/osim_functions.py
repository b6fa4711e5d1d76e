"""Functions in ``.osim`` files: read to records and written from them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from groundup.body.functions import (
    Constant,
    Function,
    Linear,
    Multiplier,
    NaturalCubicSpline,
    PiecewiseLinear,
    Polynomial,
    SimmSpline,
)
from groundup.errors import ModelError
from groundup.io.xml import Element, XmlFile

_SPLINES: dict[str, type[SimmSpline] | type[NaturalCubicSpline] | type[PiecewiseLinear]] = {
    "SimmSpline": SimmSpline,
    "NaturalCubicSpline": SimmSpline,  # the name that SimmSpline had in OpenSim 1 and 2
    "natCubicSpline": SimmSpline,
    "naturalCubicSpline": SimmSpline,
    "PiecewiseLinearFunction": PiecewiseLinear,
}
SUPPORTED = ("Constant", "LinearFunction", "PolynomialFunction", "SimmSpline", "PiecewiseLinearFunction",
             "MultiplierFunction")  # fmt: skip
_KINDS = frozenset({*SUPPORTED, *_SPLINES, "GCVSpline", "StepFunction", "Sine", "PiecewiseConstantFunction",
                    "MultivariatePolynomialFunction", "ExpressionBasedFunction", "FunctionAdapter"})  # fmt: skip
_MAX_NESTING = 20


def find_function(element: Element, tag: str) -> Element | None:
    """Return the function that fills a property: ``<tag><Kind/></tag>``, or ``<Kind name="tag"/>``; None if empty."""
    wrapper = element.find(tag)
    if wrapper is not None:
        return next(iter(wrapper), None)
    direct = [child for child in element if child.tag in _KINDS]
    named = [child for child in direct if child.get("name") == tag]
    return next(iter(named or direct), None)


def read_function(file: XmlFile, element: Element, depth: int = 0) -> Function:
    """Read one function element.

    Raises
    ------
    ModelError
        A kind of function that the engine does not evaluate, or abscissae that do not increase.
    """
    kind = element.tag
    if kind == "Constant":
        return Constant(file.number(element, "value", 0.0))
    if kind == "LinearFunction":
        return _linear(file, element)
    if kind == "PolynomialFunction":
        return Polynomial(file.numbers(element, "coefficients", np.zeros(1)))
    if kind in _SPLINES:
        return _SPLINES[kind](*_knots(file, element))
    if kind == "MultiplierFunction" and depth < _MAX_NESTING:
        inner = find_function(element, "function")
        if inner is None:
            raise file.error(element, "holds no function to multiply, expected one in <function>.", ModelError)
        return Multiplier(read_function(file, inner, depth + 1), file.number(element, "scale", 1.0))
    raise file.error(
        element, f"functions of kind {kind} cannot be evaluated, expected one of: {', '.join(SUPPORTED)}. "
        "Replace it in the model.", ModelError,
    )  # fmt: skip


def _linear(file: XmlFile, element: Element) -> Linear:
    coefficients = file.numbers(element, "coefficients", np.array([1.0, 0.0]))
    if len(coefficients) < 2:
        raise file.error(element, f"has {len(coefficients)} coefficients, expected slope and intercept.")
    return Linear(tuple(map(float, coefficients[:-1])), float(coefficients[-1]))


def _knots(file: XmlFile, element: Element) -> tuple[np.ndarray, np.ndarray]:
    x, y = file.numbers(element, "x"), file.numbers(element, "y")
    if len(x) != len(y) or len(x) < 2:
        raise file.error(element, f"has {len(x)} x and {len(y)} y, expected as many of each, at least 2.", ModelError)
    if not (np.diff(x) > 0).all():
        at = int(np.argmin(np.diff(x)))
        raise file.error(element, f"x goes from {x[at]:g} to {x[at + 1]:g}, expected increasing values.", ModelError)
    return x, y


def function_element(function: Function) -> Element:
    """Return the element that states a function.

    Raises
    ------
    ModelError
        A natural cubic spline: OpenSim 4 has none, and reads that name as another spline.
    """
    if isinstance(function, Constant):
        return _element("Constant", value=words(function.value))
    if isinstance(function, Linear):
        return _element("LinearFunction", coefficients=words(*function.slopes, function.intercept))
    if isinstance(function, Polynomial):
        return _element("PolynomialFunction", coefficients=words(*function.coefficients))
    if isinstance(function, NaturalCubicSpline):
        raise ModelError("a natural cubic spline cannot be written to an .osim file, expected a SimmSpline.")
    if isinstance(function, Multiplier):
        element = ET.Element("MultiplierFunction")
        ET.SubElement(element, "function").append(function_element(function.function))
        ET.SubElement(element, "scale").text = words(function.scale)
        return element
    kind = "SimmSpline" if isinstance(function, SimmSpline) else "PiecewiseLinearFunction"
    return _element(kind, x=words(*function.x), y=words(*function.y))


def _element(tag: str, **children: str) -> Element:
    element = ET.Element(tag)
    for name, text in children.items():
        ET.SubElement(element, name).text = text
    return element


def words(*values: float) -> str:
    """Write numbers so that reading them gives the very same ones; infinity the way OpenSim spells it."""
    return " ".join(repr(float(value)).replace("inf", "Inf") for value in values)
