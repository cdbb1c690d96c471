# The provider as one compiled binary, on an image with nothing but libc.
# docker build -t ghcr.io/capim/capim:v0.1.0 .
FROM denoland/deno:2.9.6 AS build
WORKDIR /src
COPY . .
RUN deno compile --allow-all --include cmd/loaded.ts --output /manager cmd/capim.ts

FROM gcr.io/distroless/cc-debian12:nonroot
# Where Cluster API's Tilt setup looks for the program of every provider.
COPY --from=build /manager /manager
USER 65532:65532
# Webhooks, probes, metrics, the debug API; workload clusters are at 20000-30000.
EXPOSE 9443 9440 8443 19000
ENTRYPOINT ["/manager"]
