{{/* Whether anything that is served is of IPv6: "true", or nothing. */}}
{{- define "fairlead.ipv6" -}}
{{- $dataplane := .Values.config.dataplane | default dict -}}
{{- $prefixes := concat ($dataplane.externalIPs | default list) ($dataplane.loadBalancerIPs | default list) -}}
{{- if kindIs "slice" .Values.config.ranges -}}
{{- range .Values.config.ranges -}}
{{- if kindIs "map" . -}}{{- $prefixes = append $prefixes .prefix -}}{{- else -}}{{- $prefixes = append $prefixes . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if or .Values.ipv6 (contains ":" (join " " $prefixes)) -}}true{{- end -}}
{{- end }}

{{/* What the container `kernel` does. */}}
{{- define "fairlead.kernel" -}}
modprobe -a ip_vs ip_vs_rr nf_conntrack nf_conntrack_netlink || echo 'the modules may be built in'
cd /proc/sys/net
{{- if include "fairlead.ipv6" . }}
# A node that forwards hears no router advertisements where accept_ra is 1, and loses the default route it
# has from them. So whoever listens now is told to go on.
if [ "$(cat ipv6/conf/all/forwarding)" = 0 ]; then
  for uplink in ipv6/conf/*; do
    case $uplink in */all | */default | */lo) continue ;; esac
    if [ "$(cat "$uplink/accept_ra")" = 1 ]; then echo 2 > "$uplink/accept_ra"; fi
  done
fi
{{- end }}
echo 1 > ipv4/ip_forward
{{- if include "fairlead.ipv6" . }}
echo 1 > ipv6/conf/all/forwarding
{{- end }}
echo 1 > ipv4/vs/conntrack
echo 1 > ipv4/vs/expire_nodest_conn
echo 1 > ipv4/vs/expire_quiescent_template
{{- end }}
