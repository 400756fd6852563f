"""The inference process: the only place where a model runs. Nothing here knows of editors or of LSP.

``wire`` (messages) is shared with the client in :mod:`farthing.backends.local`; ``service`` is the process,
``scheduler`` its one compute thread, ``generate`` what it does for a request, ``kv`` what the model has read
(``kv_plan``: what of it can stay, ``kv_files``: what outlives the process), ``runtime`` and ``memory`` the binding to
llama.cpp, ``fim`` the layout of a prompt, ``models`` the catalogue and the files.
"""
