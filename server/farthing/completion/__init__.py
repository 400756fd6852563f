"""Inline completion, one way: request -> context -> backend -> stop -> postprocess -> suggestion.

Pure: ``context`` (what the model sees), ``stop`` (where its answer ends), ``postprocess`` (what is mended).
``pipeline`` puts them together and keeps one generation per document.
"""
