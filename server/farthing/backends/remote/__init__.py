"""The local tier on a team's own server: llama-server, Ollama, or anything that speaks OpenAI's completions.

``backend`` keeps one request a document and streams it, ``chat`` converses, ``probe`` finds out what listens, ``link``
is the only module that knows the HTTP library and turns its errors into ours, ``address`` says which servers may be
asked at all, and there is one module for each way of asking.
"""
