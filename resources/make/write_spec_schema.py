"""Writes ``resources/schemas/spec.schema.json`` from the palette: run it after a change of rows or options."""

from pathlib import Path

from cnnviz.core.networks.spec.schema import schema_text

TARGET = Path(__file__).parents[1] / "schemas" / "spec.schema.json"

if __name__ == "__main__":
    TARGET.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {TARGET.name}")
