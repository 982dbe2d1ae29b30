#!/bin/sh
# Builds helm and kubectl-validate (which holds Kubernetes' own schemas) into .cache/helm, by Go; or says why it cannot.
set -eu
into="$(cd "$(dirname "$0")/../.." && pwd)/.cache/helm"
[ -x "$into/helm" ] && [ -x "$into/kubectl-validate" ] && exit 0
command -v go > /dev/null || { echo "no Go here: the chart is rendered only where helm is on the PATH" >&2; exit 0; }
mkdir -p "$into"
GOBIN="$into" go install helm.sh/helm/v3/cmd/helm@v3.19.0
GOBIN="$into" go install sigs.k8s.io/kubectl-validate@v0.0.4
