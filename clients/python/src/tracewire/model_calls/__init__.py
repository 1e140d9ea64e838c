"""What the wrappers of clients for models have in common.

    clients, namespaces ─▶ recorder ─▶ call ─▶ generation handle
                                  └▶ delivery ─▶ streams, raw_responses
    call ─▶ interface: what a request, an answer and the pieces of a stream say (choices, responses, embeddings, messages)

Nothing here imports a client's package: clients, requests and answers are told by what they have.
"""
