COPY peer_known FROM STDIN
