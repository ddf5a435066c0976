# The agent's image. Its build context is the folder that `ollascope stack up` fills: the built program, its recordings and the
# packages it runs on. Nothing is fetched while it is built.
#
# Two stages: the first, from an ordinary Node image, gathers Node, the libraries it needs and the program; the second holds
# that and nothing else: no shell, no package manager.
FROM node:24-bookworm-slim AS gather

COPY . /image/opt/ollascope/

# nvidia-smi, which NVIDIA's runtime mounts, needs libdl, librt and libpthread beyond what Node does; names are resolved with
# libnss_dns. Folders under /state are the owners that named volumes take at their first use. All times are one fixed moment,
# so that the same inputs give the same layer.
RUN set -eu; \
    mkdir -p /image/usr/local/bin /image/etc /image/tmp /image/usr/bin /image/usr/lib; \
    cp -a /usr/local/bin/node /image/usr/local/bin/node; \
    libraries=$(ldd /usr/local/bin/node | sed -nE 's/^(.*=> )?[[:space:]]*(\/[^ ]+) \(0x.*/\2/p'); \
    folder=$(dirname "$(echo "$libraries" | grep -E '/libc\.so\.6$')"); \
    for library in $libraries "$folder"/libdl.so.2 "$folder"/librt.so.1 "$folder"/libpthread.so.0 \
                   "$folder"/libnss_dns.so.2 "$folder"/libnss_files.so.2 "$folder"/libresolv.so.2; do \
      mkdir -p "/image$(dirname "$library")"; cp -L "$library" "/image$library"; \
    done; \
    echo 'ollascope:x:65532:65532:ollascope:/tmp:/sbin/nologin' > /image/etc/passwd; \
    echo 'ollascope:x:65532:' > /image/etc/group; \
    echo 'hosts: files dns' > /image/etc/nsswitch.conf; \
    for name in collector prometheus alertmanager loki jaeger grafana ollama log; do \
      mkdir -p "/image/state/$name"; chown 65532:65532 "/image/state/$name"; chmod 0750 "/image/state/$name"; \
    done; \
    chmod 1777 /image/tmp; \
    find /image -exec touch -h -d @1 {} +

FROM scratch
COPY --from=gather /image/ /
ENV PATH=/usr/local/bin:/usr/bin:/usr/lib/wsl/lib \
    NODE_ENV=production \
    OLLASCOPE_OUTPUT=none
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node", "/opt/ollascope/start.mjs"]
CMD ["run"]
