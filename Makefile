# What a person types. Everything is installed into .venv of this checkout, from requirements/*.txt with hashes.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
SOURCES := features detectors streams dashboards/boards

.PHONY: setup demo test test-kafka test-postgres test-ops test-web test-chart test-stories survival thorough kafka kafka-stop chaos soak check smoke bench bench-kafka bench-enforce measured study suite pages pictures dashboards lock clean

.venv/run: requirements/build.txt requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("tipstaff needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing into .venv"
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: requirements/dev.txt .venv/run
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

setup: .venv/dev

demo: .venv/run
	@$(BIN)/tipstaff demo

test: .venv/dev
	@$(BIN)/python -m pytest

# The stories of enforcement, the demo, and a short form of what enforcement must survive.
test-stories: .venv/dev
	@$(BIN)/python -m pytest -m "survival and not postgres"

# Killed at every write, a rule that matches 100,000 accounts, random lives in hundreds: some twenty minutes.
survival: .venv/dev
	@TIPSTAFF_SURVIVAL=1 $(BIN)/python -m pytest -m "survival and not postgres"
	@TIPSTAFF_SURVIVAL=1 $(BIN)/python deploy/kafka/broker.py lend -- $(BIN)/python -m pytest -m "kafka and not postgres" tests/worker/enforce/test_enforce_survives.py

# The tests of `make test` with every random one tried as often as it deserves, three times as often as there.
thorough: .venv/dev
	@TIPSTAFF_THOROUGH=1 $(BIN)/python -m pytest

# On KAFKA_BOOTSTRAP, else on a broker that lives as long as the tests, else on librdkafka's mock cluster alone. Four at a
# time whatever the cores: most of it is waiting for brokers to notice.
test-kafka: .venv/dev
	@$(BIN)/python deploy/kafka/broker.py lend -- $(BIN)/python -m pytest -m "kafka or mock_kafka" -n 4 --maxschedchunk 1 -rs

# On TIPSTAFF_TEST_POSTGRES (its database is emptied) and KAFKA_BOOTSTRAP, else on servers that live as long as the tests.
test-postgres: .venv/dev
	@$(BIN)/python deploy/postgres/server.py lend -- $(BIN)/python deploy/kafka/broker.py lend -- $(BIN)/python -m pytest -m postgres -rs

# On Prometheus and Alertmanager as they are on PATH, else on Debian's packages, unpacked into .cache/prometheus.
test-ops: .venv/dev
	@$(BIN)/python deploy/prometheus/servers.py lend -- $(BIN)/python -m pytest -m ops --dist loadfile -rs

# The built-in page in a real Chromium: the one on PATH, else Debian's packages, unpacked into .cache/chromium; that of
# `tipstaff enforce` on a real Kafka, as `test-kafka` has it.
test-web: .venv/dev
	@$(BIN)/python deploy/chromium/browser.py lend -- $(BIN)/python deploy/kafka/broker.py lend -- $(BIN)/python -m pytest -m web --dist loadfile -rs

# The Helm chart, rendered and put to Kubernetes' own schemas; Go builds both programs into .cache/ the first time.
test-chart: .venv/dev
	@sh deploy/helm/tools.sh
	@$(BIN)/python -m pytest -n 0 -rs tests/deploy/test_helm.py

# A real Kafka in the background, its data in .kafka/.
kafka:
	@$(PYTHON) deploy/kafka/broker.py start
	@echo "next: tipstaff topics apply, or the line above before make test-kafka; make kafka-stop ends it" >&2

kafka-stop:
	@$(PYTHON) deploy/kafka/broker.py stop

# Two workers and the second stage killed some ninety times on a real Kafka of their own; docs/chaos.md. CHAOS="--seed 2" for other moments.
chaos: .venv/dev
	@PYTHONPATH=.:tests $(BIN)/python -m worker.chaos $(CHAOS)

# Half an hour of hostile load on all processes, on a Kafka of their own; writes docs/soak.md. SOAK="--minutes 5" is shorter.
soak: .venv/dev
	@PYTHONPATH=.:tests $(BIN)/python -m soak $(SOAK)

check: .venv/dev
	@$(BIN)/ruff format --check -q $(SOURCES) tests deploy
	@$(BIN)/ruff check -q $(SOURCES) tests deploy
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# The wheel as a user gets it: built, installed into a fresh environment, run away from the checkout.
smoke: .venv/dev
	@rm -rf .cache/smoke && mkdir -p .cache/smoke/away
	@$(PIP) wheel --no-deps --no-build-isolation -w .cache/smoke .
	@$(PYTHON) -m venv .cache/smoke/venv
	@.cache/smoke/venv/bin/python -m pip --disable-pip-version-check -q install --require-hashes -r requirements/run.txt
	@.cache/smoke/venv/bin/python -m pip --disable-pip-version-check -q install --no-deps --no-index .cache/smoke/tipstaff-*.whl
	@cd .cache/smoke/away && ../venv/bin/tipstaff pack check
	@cd .cache/smoke/away && ../venv/bin/tipstaff pack init mine && ../venv/bin/tipstaff run mine/sample.ndjson --pack mine | grep -q image-flood
	@cd .cache/smoke/away && ../venv/bin/tipstaff demo --hours 8 | grep -q CAUGHT
	@echo "the wheel works"

bench: .venv/run
	@$(BIN)/python tests/bench/bench.py

# Beside Faust, Bytewax, Quix Streams and Flink on a real Kafka; the last three are installed into .cache/ the first time.
bench-kafka: .venv/run
	@PYTHONPATH=tests/bench:. $(BIN)/python deploy/kafka/broker.py lend -- $(BIN)/python -m on_kafka

# How fast one `tipstaff enforce` takes alerts in, on SQLite and PostgreSQL.
bench-enforce: .venv/dev
	@PYTHONPATH=.:tests $(BIN)/python deploy/postgres/server.py lend -- $(BIN)/python deploy/kafka/broker.py lend -- $(BIN)/python tests/bench/intake.py

# Real traces, where ../shared/data is there.
measured: .venv/run
	@PYTHONPATH=.:tests $(BIN)/python tests/bench/measure.py

# Campaigns over those traces, judged on the part that nothing was learnt or fixed on: docs/study.json, which `make
# measured` renders; each run is counted there. STUDY=--first-part leaves that part alone, for work on the study itself.
study: .venv/dev
	@PYTHONPATH=.:tests $(BIN)/python -m study $(STUDY)

# The benchmark on two simulated clouds, some four minutes: its figures into docs/suite.md.
suite: .venv/dev
	@$(BIN)/tipstaff evaluate --suite --seeds 1,2 --accounts 1000 --hours 30 --out .cache/suite
	@PYTHONPATH=.:tests $(BIN)/python -m study.suite_page .cache/suite/suite.json

# Committed; run after changing a rule.
pages: .venv/run
	@$(BIN)/python -m streams.pack.runbooks docs/runbooks
	@$(BIN)/python -m streams.pack.policy_page docs/policy.md

# Committed; run after changing how the built-in page looks. A real run of the simulator, in a real Chromium.
pictures: .venv/dev
	@PYTHONPATH=.:tests $(BIN)/python deploy/chromium/browser.py lend -- $(BIN)/python -m web_browser.pictures docs/images

# Committed; run after changing a board. TIPSTAFF_RUNBOOKS=https://… where docs/runbooks is served elsewhere than by Grafana.
dashboards: .venv/dev
	@$(BIN)/python -m dashboards.boards dashboards/grafana

# Committed; run after changing dependencies. Needs uv.
lock:
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11 pyproject.toml -o requirements/run.txt
	uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11 --group dev pyproject.toml -o requirements/dev.txt
	echo setuptools | uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11 - -o requirements/build.txt

clean:
	rm -rf .venv build dist *.egg-info .tipstaff
