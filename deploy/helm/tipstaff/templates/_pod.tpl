{{- /* What every pod is: no rights, no token, no writable root. */ -}}
{{- define "tipstaff.pod" -}}
serviceAccountName: {{ include "tipstaff.name" .root }}-{{ .part }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 30
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
affinity:
{{- with .values.affinity }}
{{- toYaml . | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "tipstaff.chosen" . | nindent 14 }}
{{- end }}
{{- end -}}

{{- define "tipstaff.container" -}}
image: {{ include "tipstaff.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: {drop: [ALL]}
{{- end -}}

{{- define "tipstaff.probes" -}}
ports:
  - {name: metrics, containerPort: 9464, protocol: TCP}
startupProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 60}
livenessProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 4}
readinessProbe: {httpGet: {path: /readyz, port: metrics}, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2}
{{- end -}}

{{- define "tipstaff.kafkaEnv" -}}
{{- $kafka := .root.Values.kafka -}}
- {name: TIPSTAFF_KAFKA_BOOTSTRAP, value: {{ $kafka.bootstrap | quote }}}
- {name: TIPSTAFF_KAFKA_SECURITY, value: {{ $kafka.security }}}
{{- if hasPrefix "sasl" $kafka.security }}
- {name: TIPSTAFF_KAFKA_SASL_MECHANISM, value: {{ $kafka.mechanism }}}
- {name: TIPSTAFF_KAFKA_USERNAME, value: {{ .values.kafka.username | quote }}}
- {name: TIPSTAFF_KAFKA_PASSWORD_FILE, value: /etc/tipstaff/kafka/password}
{{- end }}
{{- if and (hasSuffix "ssl" $kafka.security) $kafka.caSecret }}
- {name: TIPSTAFF_KAFKA_CA_FILE, value: /etc/tipstaff/kafka/ca.crt}
{{- end }}
- {name: TIPSTAFF_TOPIC_EVENTS_HISTORY, value: {{ $kafka.history | quote }}}
{{- end -}}

{{- define "tipstaff.env" -}}
{{ include "tipstaff.kafkaEnv" . }}
- {name: TIPSTAFF_METRICS_LISTEN, value: "0.0.0.0:9464"}
- {name: TIPSTAFF_DATA_DIR, value: /var/lib/tipstaff}
{{- range $name, $value := .values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "tipstaff.instanceEnv" -}}
- name: TIPSTAFF_WORKER_INSTANCE
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- {name: TIPSTAFF_WORKER_SESSION_S, value: {{ .values.sessionS | quote }}}
- {name: TIPSTAFF_SNAPSHOT_EVERY_S, value: {{ .values.snapshotEveryS | quote }}}
{{- end -}}

{{- define "tipstaff.hashEnv" -}}
- {name: TIPSTAFF_HASH_KEY_FILE, value: /etc/tipstaff/hash/key}
{{- end -}}

{{- define "tipstaff.controlEnv" -}}
- {name: TIPSTAFF_WORKER_CONTROL_KEY_FILE, value: /etc/tipstaff/control/key}
{{- end -}}

{{- define "tipstaff.mounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: kafka, mountPath: /etc/tipstaff/kafka, readOnly: true}
{{- end -}}

{{- define "tipstaff.hashMount" -}}
- {name: hash, mountPath: /etc/tipstaff/hash, readOnly: true}
{{- end -}}

{{- define "tipstaff.controlMount" -}}
- {name: control, mountPath: /etc/tipstaff/control, readOnly: true}
{{- end -}}

{{- define "tipstaff.volumes" -}}
- {name: tmp, emptyDir: {medium: Memory, sizeLimit: 256Mi}}
- name: kafka
  projected:
    defaultMode: 0440
    sources:
{{- if hasPrefix "sasl" .root.Values.kafka.security }}
      - secret: {name: {{ .values.kafka.existingSecret }}, items: [{key: {{ .values.kafka.key }}, path: password}]}
{{- end }}
{{- if and (hasSuffix "ssl" .root.Values.kafka.security) .root.Values.kafka.caSecret }}
      - secret: {name: {{ .root.Values.kafka.caSecret }}, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end -}}

{{- define "tipstaff.hashVolume" -}}
- name: hash
  secret:
    secretName: {{ .root.Values.hashKey.existingSecret }}
    defaultMode: 0440
    items: [{key: {{ .root.Values.hashKey.key }}, path: key}]
{{- end -}}

{{- define "tipstaff.controlVolume" -}}
- name: control
  secret:
    secretName: {{ .root.Values.controlKey.existingSecret }}
    defaultMode: 0440
    items: [{key: {{ .root.Values.controlKey.key }}, path: key}]
{{- end -}}
