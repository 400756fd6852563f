"""The inference process: the only place where a model runs. Nothing here knows of editors or of LSP.

``wire`` (messages, as lines by ``codec``) is shared with the client in :mod:`farthing.backends.local`; ``service`` is
the process, ``scheduler`` its one compute thread. That works on completions (``generate``; ``fim``: the layout of a
prompt) and on conversations (``chat``; ``template`` and ``turns``: a conversation as tokens; ``stops``: where an answer
ends; ``rates``: how fast it is read), with ``drafts`` of what comes next. ``kv`` is what the model has read
(``kv_plan``: what of it can stay, ``kv_files``: what outlives the process), ``runtime`` and ``memory`` the binding to
llama.cpp, ``models`` the catalogue and the files.
"""
