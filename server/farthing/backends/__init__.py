"""Where completions come from: one small protocol (``base``), the engine on this machine (``local``), and a fake."""
