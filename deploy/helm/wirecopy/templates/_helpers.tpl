{{- define "wirecopy.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end -}}

{{- define "wirecopy.image" -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end -}}

{{- define "wirecopy.labels" -}}
app.kubernetes.io/name: wirecopy
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* What a pod is found by. Called with a dict of root and stage. */}}
{{- define "wirecopy.selector" -}}
app.kubernetes.io/name: wirecopy
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .stage }}
{{- end -}}

{{/* `section.key` as the environment variable of the setting. */}}
{{- define "wirecopy.variable" -}}WIRECOPY_{{ .section | upper }}__{{ .key | upper }}{{- end -}}

{{/* What a process says to Kafka and Elasticsearch. Called with a dict of root, stage, user, key (of the API keys). */}}
{{- define "wirecopy.env" -}}
{{- $values := .root.Values -}}
- {name: WIRECOPY_KAFKA__BOOTSTRAP, value: {{ $values.kafka.bootstrap | quote }}}
- {name: WIRECOPY_KAFKA__TOPIC_PREFIX, value: {{ $values.kafka.topicPrefix | quote }}}
- {name: WIRECOPY_KAFKA__PARTITIONS, value: {{ $values.kafka.partitions | quote }}}
- {name: WIRECOPY_KAFKA__REPLICATION, value: {{ $values.kafka.replication | quote }}}
- {name: WIRECOPY_KAFKA__SECURITY_PROTOCOL, value: SASL_SSL}
- {name: WIRECOPY_KAFKA__SASL_MECHANISM, value: SCRAM-SHA-512}
- {name: WIRECOPY_KAFKA__SASL_USERNAME, value: {{ printf "%s-%s" $values.kafka.topicPrefix .user | quote }}}
- {name: WIRECOPY_KAFKA__SASL_PASSWORD_FILE, value: /run/secrets/kafka/{{ $values.kafka.passwordKey }}}
- {name: WIRECOPY_KAFKA__CA_FILE, value: /run/secrets/kafka-ca/{{ $values.kafka.caKey }}}
{{- if .key }}
- {name: WIRECOPY_ELASTICSEARCH__URL, value: {{ $values.elasticsearch.url | quote }}}
- {name: WIRECOPY_ELASTICSEARCH__CA_FILE, value: /run/secrets/elasticsearch-ca/{{ $values.elasticsearch.caKey }}}
- {name: WIRECOPY_ELASTICSEARCH__API_KEY_FILE, value: /run/secrets/elasticsearch/elasticsearch-{{ .key }}.key}
{{- end }}
- {name: WIRECOPY_TELEMETRY__METRICS_HOST, value: 0.0.0.0}
- {name: WIRECOPY_TELEMETRY__METRICS_PORT, value: {{ $values.metrics.port | quote }}}
{{- range $section, $group := $values.settings }}
{{- range $key, $value := $group }}
{{- if not (eq (toString $value) "") }}
- name: {{ include "wirecopy.variable" (dict "section" $section "key" $key) }}
  value: {{ if kindIs "slice" $value }}{{ join "," $value | quote }}{{ else if kindIs "string" $value }}{{ quote $value }}{{ else }}{{ toJson $value | quote }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq .stage "producer") $values.feeds }}
- {name: WIRECOPY_PRODUCER__FEEDS, value: /etc/wirecopy/feeds}
{{- end }}
{{- end -}}

{{/* The files that these variables name. */}}
{{- define "wirecopy.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: kafka, mountPath: /run/secrets/kafka, readOnly: true}
- {name: kafka-ca, mountPath: /run/secrets/kafka-ca, readOnly: true}
{{- if .key }}
- {name: elasticsearch, mountPath: /run/secrets/elasticsearch, readOnly: true}
- {name: elasticsearch-ca, mountPath: /run/secrets/elasticsearch-ca, readOnly: true}
{{- end }}
{{- if and (eq .stage "producer") .root.Values.feeds }}
- {name: feeds, mountPath: /etc/wirecopy, readOnly: true}
{{- end }}
{{- end -}}

{{- define "wirecopy.volumes" -}}
{{- $values := .root.Values -}}
- {name: tmp, emptyDir: {sizeLimit: 1Gi}}
- name: kafka
  secret: {secretName: {{ printf "%s-%s" $values.kafka.topicPrefix .user | quote }}, defaultMode: 0440}
- name: kafka-ca
  secret: {secretName: {{ $values.kafka.caSecret | quote }}, defaultMode: 0440}
{{- if .key }}
- name: elasticsearch
  secret:
    secretName: {{ $values.elasticsearch.keysSecret | quote }}
    defaultMode: 0440
    items: [{key: elasticsearch-{{ .key }}.key, path: elasticsearch-{{ .key }}.key}]
- name: elasticsearch-ca
  secret: {secretName: {{ $values.elasticsearch.caSecret | quote }}, defaultMode: 0440}
{{- end }}
{{- if and (eq .stage "producer") $values.feeds }}
- name: feeds
  configMap: {name: {{ include "wirecopy.name" .root }}-feeds}
{{- end }}
{{- end -}}

{{/* Who may make and remove indices in Elasticsearch, and the files of that. */}}
{{- define "wirecopy.operatorEnv" -}}
- {name: WIRECOPY_ELASTICSEARCH__URL, value: {{ .Values.elasticsearch.url | quote }}}
- {name: WIRECOPY_ELASTICSEARCH__CA_FILE, value: /run/secrets/elasticsearch-ca/{{ .Values.elasticsearch.caKey }}}
- {name: WIRECOPY_ELASTICSEARCH__SHARDS, value: {{ .Values.elasticsearch.shards | quote }}}
- {name: WIRECOPY_ELASTICSEARCH__REPLICAS, value: {{ .Values.elasticsearch.replicas | quote }}}
- name: WIRECOPY_ELASTICSEARCH__USERNAME
  valueFrom: {secretKeyRef: {name: {{ .Values.elasticsearch.operatorSecret | quote }}, key: username}}
- {name: WIRECOPY_ELASTICSEARCH__PASSWORD_FILE, value: /run/secrets/operator/password}
{{- end -}}

{{- define "wirecopy.operatorMounts" -}}
- {name: operator, mountPath: /run/secrets/operator, readOnly: true}
- {name: elasticsearch-ca, mountPath: /run/secrets/elasticsearch-ca, readOnly: true}
{{- end -}}

{{- define "wirecopy.operatorVolumes" -}}
- name: operator
  secret: {secretName: {{ .Values.elasticsearch.operatorSecret | quote }}, defaultMode: 0440}
- name: elasticsearch-ca
  secret: {secretName: {{ .Values.elasticsearch.caSecret | quote }}, defaultMode: 0440}
{{- end -}}

{{- define "wirecopy.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "wirecopy.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* What all pods share. */}}
{{- define "wirecopy.pod" -}}
serviceAccountName: {{ include "wirecopy.name" . }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "wirecopy.podSecurity" . | nindent 2 }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
