# syntax=docker/dockerfile:1

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
# StandIn builds with the projects under src/Akka, NuGet with the Akka.NET packages.
ARG AKKA_SOURCE=StandIn
WORKDIR /source
COPY . .
RUN dotnet publish src/HarmonyDB.Cli -c Release -o /app --nologo -p:AkkaSource=${AKKA_SOURCE}

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /opt/harmony
COPY hocon /etc/harmony
# The base image brings the unprivileged user and its id, APP_UID. A named volume takes over the owner of the folder it covers.
RUN mkdir /var/lib/harmony && chown ${APP_UID} /var/lib/harmony
ENV PATH="/opt/harmony:${PATH}" \
    HARMONY_DATA_DIR="/var/lib/harmony/data"
USER ${APP_UID}
VOLUME /var/lib/harmony

# 2379: clients. 4053: the other nodes.
EXPOSE 2379 4053

# Healthy: the node answers and knows a leader.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["harmony", "status", "--endpoints", "http://127.0.0.1:2379", "--timeout", "3s"]

ENTRYPOINT ["harmony"]
CMD ["start", "--config", "/etc/harmony/node.conf"]
