#!/bin/bash
# Runs a Java class of Kafka; honours the official image's variables (KAFKA_HEAP_OPTS, KAFKA_OPTS, …).
# usage: kafka-run-class.sh CLASS [ARGUMENT]…
base=$(cd "$(dirname "$(realpath "$0")")/.." && pwd)

# The order of the jars is part of the class data archive's identity, hence a sorted list instead of libs/*.
class_path=$(printf '%s:' "$base"/libs/*.jar)
class_path=${class_path%:}${CLASSPATH:+:$CLASSPATH}

java=java
[ -n "$JAVA_HOME" ] && java=$JAVA_HOME/bin/java
# Class data of an earlier run (see archive-classes); the JVM ignores it silently when it does not match.
[ -e "$base/classes.jsa" ] && archive="-XX:SharedArchiveFile=$base/classes.jsa -Xshare:auto -Xlog:disable -Xlog:all=error:stderr"
[ -n "$JMX_PORT" ] && KAFKA_JMX_OPTS="$KAFKA_JMX_OPTS -Dcom.sun.management.jmxremote.port=$JMX_PORT"

# Brokers live for minutes here and share few cores: what the second compiler and G1 would win they do not live to see, and most
# of their time goes into interpreting, so the first compiler may begin after a fifth of the calls.
# shellcheck disable=SC2086 # every *_OPTS holds several words
exec "$java" ${KAFKA_HEAP_OPTS:--Xmx256M} \
  ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=0.2} \
  -Djava.awt.headless=true $archive $KAFKA_GC_LOG_OPTS $KAFKA_JMX_OPTS -Dkafka.logs.dir="${LOG_DIR:-$base/logs}" \
  ${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=$base/config/tools-log4j2.yaml} \
  -cp "$class_path" $KAFKA_OPTS "$@"
