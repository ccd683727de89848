"""What the build of a wheel does beside packing: the parts of other projects for the pages of `trialgraph serve`.

npm fetches them (see extract/trialgraph/serve/parts.py). Without npm, or without a network, the wheel lacks them.
"""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SERVE = "extract/trialgraph/serve"


class FrontEnd(BuildHookInterface):
    """Fetches the parts where they are not there yet, in an editable installation too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the parts to what is packed."""
        spec = importlib.util.spec_from_file_location("parts", Path(self.root, _SERVE, "parts.py"))
        parts = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(parts)
        try:
            if not parts.current():
                parts.fetch()
        except OSError as error:
            self.app.display_warning(f"{error}. The pages of `trialgraph serve` will work without these parts:")
            for sentence in parts.missing():
                self.app.display_warning(f"  {sentence}")
            self.app.display_warning(f"To get them later, {parts.GET}.")
            return
        build_data["artifacts"].append(f"/{_SERVE}/static/vendor/")  # git ignores them
