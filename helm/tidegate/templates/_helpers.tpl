{{- define "tidegate.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains "tidegate" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-tidegate" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* Never changes: a Deployment's selector is immutable. */ -}}
{{- define "tidegate.selector" -}}
app.kubernetes.io/name: tidegate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tidegate.ownLabels" -}}
{{ include "tidegate.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: tidegate
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Labels of an object: ours, then the user's, which cannot replace ours. */ -}}
{{- define "tidegate.labels" -}}
{{ toYaml (merge (include "tidegate.ownLabels" . | fromYaml) .Values.commonLabels) }}
{{- end }}

{{- /* What every object's metadata carries beside its name and namespace. */ -}}
{{- define "tidegate.metadata" -}}
labels: {{- include "tidegate.labels" . | nindent 2 }}
{{- with .Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* A monitor has what the user's Prometheus selects monitors by. */ -}}
{{- define "tidegate.monitorMetadata" -}}
namespace: {{ .Values.metrics.namespace | default .Release.Namespace }}
labels: {{- toYaml (merge (include "tidegate.ownLabels" . | fromYaml) .Values.metrics.labels .Values.commonLabels) | nindent 2 }}
{{- with .Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Labels of the pod of `helm test`: no Service and no Deployment selects it. */ -}}
{{- define "tidegate.testSelector" -}}
app.kubernetes.io/name: tidegate-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tidegate.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "tidegate.fullname" .) }}
{{- end }}

{{- define "tidegate.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* Whether to render a monitor: (list $ ENABLED KIND) gives "true" or nothing. */ -}}
{{- define "tidegate.monitored" -}}
{{- $root := index . 0 }}{{ $enabled := index . 1 | toString }}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") ($root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" (index . 2)))) }}true{{ end }}
{{- end }}

{{- /* What both monitors' endpoints have in common: (list $ MONITOR'S VALUES). Series name the namespace of their pipeline
themselves, which is not always that of the pod that was scraped. */ -}}
{{- define "tidegate.endpoint" -}}
{{- $metrics := (index . 0).Values.metrics }}{{ $monitor := index . 1 -}}
path: /metrics
interval: {{ $metrics.interval }}
scrapeTimeout: {{ $metrics.scrapeTimeout }}
honorLabels: true
{{- with $monitor.relabelings }}
relabelings: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $monitor.metricRelabelings }}
metricRelabelings: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
