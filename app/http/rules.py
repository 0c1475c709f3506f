"""Rules of the router that cost little to add: a start adds over a hundred, and builds the URL of almost none."""

from collections.abc import Callable

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule whose builder of URLs is compiled when somebody asks for a URL; werkzeug compiles two for each rule."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002  werkzeug's signature
        compile_now = super()._compile_builder

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            compiled = compile_now(append_unknown)
            setattr(rule, "_build_unknown" if append_unknown else "_build", compiled.__get__(rule, None))
            return compiled(rule, **values)

        return build
