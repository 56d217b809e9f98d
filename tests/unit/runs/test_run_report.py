"""The page about a run, made from small contract documents as the steps write them."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from slipway.contracts.compressions import Compression, Variant
from slipway.contracts.documents import write_document
from slipway.contracts.evaluations import CalibrationPoint, Evaluation, FairnessGap, Interval, RocPoint, SliceMetrics
from slipway.contracts.examples import ExampleSpec, FeatureKind, IdColumn, Label, Problem, RawFeature
from slipway.contracts.models import Hyperparameters, ModelCard, Trial, TuningResult
from slipway.contracts.published_models import PushedVersion
from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.contracts.tables import Column, Manifest, TableFile
from slipway.contracts.validations import Anomaly, Bucket, Drift, FeatureSummary, Validation, ValueCount
from slipway.contracts.verdicts import Verdict
from slipway.runs.report.page import render_run_report, write_run_report
from slipway.steps.transform.run_sections import plan_columns

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Section titles, addresses, ids and tags of a page; refuses tags that do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.titles: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"{tag} has {name}"
            if name in ("href", "src", "xlink:href"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag == "h2":
            self.titles.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open and self._open[-1] == "h2":
            self.titles[-1] += data


def manifest() -> Manifest:
    files = {
        split: (TableFile(path=f"{split}/part-00000.parquet", rows=rows, bytes=9, sha256="0" * 64),)
        for split, rows in (("train", 26050), ("eval", 3243), ("test", 3268))
    }
    columns = (Column(name="age", type="int64"), Column(name="job", type="string"), Column(name="over", type="string"))
    return Manifest(splits=files, columns=columns, source="s3://data/adult.csv", digest="d")


def validation(evil: str = "job") -> Validation:
    age = FeatureSummary(
        name="age",
        type="INT",
        missing_fraction=0.0,
        mean=38.6,
        standard_deviation=13.6,
        minimum=17.0,
        median=37.0,
        maximum=90.0,
        histogram=tuple(
            Bucket(low=17.0 + 7 * i, high=24.0 + 7 * i, count=c)
            for i, c in enumerate((50.0, 80.0, 90.0, 60.0, 40.0, 20.0, 8.0, 3.0, 1.0, 0.0))
        ),
    )
    job = FeatureSummary(
        name=evil,
        type="STRING",
        missing_fraction=0.056,
        unique=3,
        top_values=(
            ValueCount(value="Private", count=22.0),
            ValueCount(value="State", count=4.0),
            ValueCount(value=evil, count=1.0),
        ),
    )
    return Validation(
        verdict=Verdict(warnings=(f"{evil} has a new value in eval",)),
        rows={"train": 26050, "eval": 3243, "test": 3268},
        features=(age, job),
        anomalies=(
            Anomaly(
                feature=evil,
                split="eval",
                short_description="New value",
                description="Unexpected 'Never'",
                severity="WARNING",
            ),
        ),
        drift=(
            Drift(feature="age", compared_with="eval", measure="jensen_shannon", distance=0.004, threshold=0.1),
            Drift(feature=evil, compared_with="eval", measure="l_infinity", distance=0.02, threshold=0.1),
            Drift(feature=evil, compared_with="test", measure="l_infinity", distance=0.2, threshold=0.1),
        ),
    )


def spec(evil: str = "job") -> ExampleSpec:
    features = (RawFeature(name="age", kind=FeatureKind.NUMERIC), RawFeature(name=evil, kind=FeatureKind.CATEGORICAL))
    label = Label(name="over", problem=Problem.BINARY, classes=("<=50K", ">50K"))
    return ExampleSpec(
        features=features, label=label, dense=("age", f"{evil}=Private"), ids=(IdColumn(name="zip", size=9),)
    )


def plan(evil: str = "job") -> dict[str, object]:
    return {
        "label": {"name": "over", "problem": "binary", "classes": ["<=50K", ">50K"]},
        "label_why": "two distinct values",
        "class_counts": [19000, 7050],
        "train_rows": 26050,
        "features": [
            {
                "name": "age",
                "kind": "numeric",
                "encoding": "z_score",
                "missing_fraction": 0.0,
                "why": "74 distinct integers",
                "fitted": "mean 38.5, deviation 13.6, clipped to 17 .. 78",
                "fit": {"low": 17.0, "high": 78.0, "center": 38.5, "scale": 13.6, "missing_value": 37.0},
            },
            {
                "name": evil,
                "kind": "categorical",
                "encoding": "one_hot",
                "missing_fraction": 0.056,
                "why": f"text: {evil}",
                "fitted": f"2 of 3 categories of {evil}",
                "fit": {"distinct": 3, "vocabulary": ["Private", "State"], "oov_buckets": 1},
            },
        ],
        "excluded": [{"name": "row_id", "why": "every value is distinct"}],
    }


def tuning() -> TuningResult:
    trials = tuple(
        Trial(
            number=i,
            state="PRUNED" if loss is None else "COMPLETE",
            value=loss,
            hyperparameters=Hyperparameters(units=32 * (i + 1)),
            seconds=1.5 + i,
        )
        for i, loss in enumerate((0.35, 0.331, None, 0.318, 0.327))
    )
    return TuningResult(best=trials[3].hyperparameters, trials=trials)


def card() -> ModelCard:
    history = {
        "loss": (0.5, 0.4, 0.35, 0.33),
        "eval_loss": (0.45, 0.38, 0.36, 0.37),
        "accuracy": (0.78, 0.82, 0.84, 0.85),
        "eval_accuracy": (0.8, 0.83, 0.845, 0.843),
    }
    return ModelCard(
        spec=spec(),
        hyperparameters=Hyperparameters(units=128),
        strategy="one_device",
        workers=1,
        best_epoch=3,
        history=history,
    )


def evaluation(evil: str = "job", *reasons: str) -> Evaluation:
    slices = (
        SliceMetrics(
            feature="sex",
            value="Male",
            examples=2180,
            metrics={"accuracy": 0.812, "auc": 0.89},
            intervals={"accuracy": Interval(low=0.795, high=0.829)},
        ),
        SliceMetrics(feature="sex", value="Female", examples=1088, metrics={"accuracy": 0.927, "auc": 0.93}),
        SliceMetrics(feature=evil, value="Never", examples=4, metrics={"accuracy": 0.25, "auc": 0.5}),
        SliceMetrics(feature="education", value="Prof-school", examples=57, metrics={"accuracy": 0.737, "auc": 0.8}),
    )
    return Evaluation(
        verdict=Verdict(reasons=reasons),
        problem=Problem.BINARY,
        metrics={"example_count": 3268.0, "loss": 0.31, "accuracy": 0.853, "auc": 0.912},
        baseline_metrics={"accuracy": 0.85, "auc": 0.915},
        intervals={"accuracy": Interval(low=0.841, high=0.865)},
        slices=slices,
        classes=("<=50K", ">50K"),
        confusion=((2300, 180), (300, 488)),
        roc=tuple(
            RocPoint(threshold=1 - i / 10, false_positive_rate=(i / 10) ** 3, true_positive_rate=(i / 10) ** 0.5)
            for i in range(11)
        ),
    )


def compression() -> Compression:
    sizes = (
        ("float", "", 180_000, 0.853, 0.9),
        ("dynamic_range", "dynamic_range.tflite", 52_000, 0.8525, 0.05),
        ("float16", "float16.tflite", 91_000, 0.853, 0.06),
        ("int8", "int8.tflite", 50_000, 0.84, 0.04),
    )
    variants = tuple(
        Variant(
            name=name,
            file=file,
            bytes=size,
            metrics={"accuracy": accuracy},
            latency_milliseconds=latency,
            accepted=accuracy > 0.85,
        )
        for name, file, size, accuracy, latency in sizes
    )
    return Compression(
        verdict=Verdict(), metric="accuracy", allowed_loss=0.005, variants=variants, chosen="dynamic_range"
    )


CHAIN = {
    "ingest": (),
    "validate": ("ingest",),
    "transform": ("ingest", "validate"),
    "tune": ("transform",),
    "train-distributed": ("transform", "tune"),
    "evaluate-slices": ("ingest", "train-distributed"),
    "compress": ("transform", "train-distributed", "evaluate-slices"),
    "push": ("compress", "evaluate-slices", "train-distributed", "validate"),
}
ROLES = {"ingest": "light", "push": "light", "validate": "tfdv"}


def full_run(folder: Path, evil: str = "job") -> RunSummary:
    """A run in which every step wrote its documents below ``folder``."""
    documents = {
        ("ingest", "examples", "manifest.json"): manifest(),
        ("validate", "anomalies", "validation.json"): validation(evil),
        ("transform", "transform_graph", "spec.json"): spec(evil),
        ("tune", "best_hyperparameters", "tuning.json"): tuning(),
        ("train-distributed", "model", "model.json"): card(),
        ("evaluate-slices", "evaluation", "evaluation.json"): evaluation(evil),
        ("compress", "compressed_model", "compression.json"): compression(),
        ("push", "pushed", "pushed.json"): PushedVersion(
            version=3, uri="s3://models/adult/3", digest="ab" * 32, pushed=True, previous_version=2
        ),
    }
    artifacts: dict[str, dict[str, str]] = {}
    for (step, output, name), document in documents.items():
        root = folder / "artifacts" / step / output
        root.mkdir(parents=True)
        write_document(document, root / name)
        artifacts.setdefault(step, {})[output] = str(root)
    (folder / "artifacts/transform/transform_graph/plan.json").write_text(json.dumps(plan(evil)))
    page = folder / "artifacts/validate/report"
    page.write_text("<!DOCTYPE html><title>validate</title>")
    artifacts["validate"]["report"] = str(page)
    log = folder / "logs" / "validate.log"
    log.parent.mkdir()
    log.write_text("done\n")
    judged = {"validate": validation(evil).verdict, "evaluate-slices": Verdict(), "compress": Verdict()}
    steps = tuple(
        StepSummary(
            name=name,
            outcome=StepOutcome.CACHED if name == "ingest" else StepOutcome.SUCCEEDED,
            seconds=1.2 + 3.7 * index,
            role=ROLES.get(name, "tensorflow"),
            depends_on=needs,
            figures={"rows": 32561.0, "accuracy": 0.853} if index % 2 == 0 else {},
            verdict=judged.get(name),
            log=str(log) if name == "validate" else "",
            artifacts=artifacts[name],
        )
        for index, (name, needs) in enumerate(CHAIN.items())
    )
    return RunSummary(
        pipeline="tabular-training",
        run_id="20261122-030405",
        outcome="succeeded",
        exit_code=0,
        exit_reason="every step succeeded",
        seconds=75.4,
        started="2026-11-22T03:04:05+00:00",
        parameters={"data_uri": "adult.csv", "label": "over", "trials": 5, "ingest_config": {"seed": 1.0}},
        steps=steps,
        float_metrics={"accuracy": 0.853, "auc": 0.912},
        compressed_metrics={"accuracy": 0.8525},
        model_uri="s3://models/adult/3",
        model_version=3,
    )


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def run(run_folder: Path) -> RunSummary:
    return full_run(run_folder)


def page_of(run: RunSummary, folder: Path) -> Page:
    return Page(render_run_report(run, folder))


def run_with(run: RunSummary, folder: Path, documents: dict[str, Evaluation | Compression]) -> RunSummary:
    """The run with these tasks alone, each of which left one document behind."""
    steps = []
    for name, document in documents.items():
        file = "evaluation" if isinstance(document, Evaluation) else "compression"
        (folder / name).mkdir()
        write_document(document, folder / name / f"{file}.json")
        artifacts = {"evaluation" if file == "evaluation" else "compressed_model": str(folder / name)}
        steps.append(
            StepSummary(name=name, outcome=StepOutcome.SUCCEEDED, seconds=1, role="tensorflow", artifacts=artifacts)
        )
    return replace(run, steps=tuple(steps))


def test_a_full_run_has_a_section_for_everything(run: RunSummary, run_folder: Path) -> None:
    assert page_of(run, run_folder).titles == [
        "Pipeline",
        "Data",
        "What was inferred",
        "Features",
        "Anomalies",
        "Drift",
        "Tuning",
        "Training",
        "Evaluation",
        "Slices",
        "Compression",
        "Push",
        "Parameters",
    ]


def test_a_section_is_there_only_when_its_step_ran(run: RunSummary, run_folder: Path) -> None:
    steps = tuple(
        step
        if step.name in ("ingest", "train-distributed")
        else replace(step, outcome=StepOutcome.SKIPPED, artifacts={})
        for step in run.steps
    )
    partial = replace(run, steps=steps, parameters={}, model_version=None, model_uri=None)
    assert page_of(partial, run_folder).titles == ["Pipeline", "Data", "Training"]


def test_the_page_needs_no_network_and_no_script(run: RunSummary, run_folder: Path) -> None:
    html = render_run_report(run, run_folder)
    page = Page(html)
    assert not {"script", "link", "iframe", "object", "embed", "img", "base"} & set(page.tags)
    assert [link for link in page.links if ":" in link or link.startswith("//")] == []
    assert "@import" not in html
    assert "url(" not in html
    assert '<meta name="viewport"' in html


def test_ids_are_unique_and_the_navigation_leads_to_sections(run: RunSummary, run_folder: Path) -> None:
    page = page_of(run, run_folder)
    assert len(page.ids) == len(set(page.ids))
    targets = [link.removeprefix("#") for link in page.links if link.startswith("#")]
    assert len(targets) == len(page.titles)
    assert set(targets) <= set(page.ids)


def test_the_same_run_gives_the_same_bytes(run: RunSummary, run_folder: Path) -> None:
    assert render_run_report(run, run_folder) == render_run_report(run, run_folder)


def test_values_are_escaped_wherever_they_stand(tmp_path: Path) -> None:
    run = full_run(tmp_path, evil=EVIL)
    run = replace(run, pipeline=EVIL, run_id=EVIL, parameters={EVIL: EVIL, "nested": {EVIL: [EVIL]}}, model_uri=EVIL)
    steps = tuple(replace(step, figures={EVIL: 1.5}, message=EVIL, role=EVIL) for step in run.steps)
    page = page_of(replace(run, steps=steps), tmp_path)
    assert "script" not in page.tags
    assert page.text.count(EVIL) > 30


def test_a_refusal_names_the_gate_and_its_reasons(run: RunSummary, run_folder: Path) -> None:
    verdict = Verdict(reasons=("accuracy 0.7 is below 0.8", "sex=Male is 0.1 below overall"))
    steps = tuple(
        replace(step, outcome=StepOutcome.REFUSED, verdict=verdict) if step.name == "evaluate-slices" else step
        for step in run.steps
    )
    refused = replace(run, steps=steps, outcome="refused", exit_code=4, model_version=None, model_uri=None)
    text = page_of(refused, run_folder).text
    assert "Refused by evaluate-slices" in text
    assert all(reason in text for reason in verdict.reasons)
    assert "Pushed version" not in text


def test_a_failure_names_the_step_its_message_and_the_exit_code(run: RunSummary, run_folder: Path) -> None:
    steps = tuple(
        replace(step, outcome=StepOutcome.FAILED, message="column 'x' is missing") if step.name == "transform" else step
        for step in run.steps
    )
    failed = replace(run, steps=steps, outcome="failed", exit_code=3, model_version=None, model_uri=None)
    text = page_of(failed, run_folder).text
    assert "Failed at transform (exit code 3)" in text
    assert "column 'x' is missing" in text


def test_slices_stand_worst_first_with_their_gap_to_overall(run: RunSummary, run_folder: Path) -> None:
    text = page_of(run, run_folder).text
    table = text[text.index("4 slices, worst accuracy first") :]
    table = table[table.rindex("interval") :]
    places = [table.index(name) for name in ("job=Never", "education=Prof-school", "sex=Male", "sex=Female")]
    assert places == sorted(places)
    assert "−0.603" in table
    assert "0.074" in table


def test_for_an_error_metric_the_largest_value_is_the_worst_slice(run: RunSummary, tmp_path: Path) -> None:
    slices = tuple(
        SliceMetrics(feature="town", value=name, examples=50, metrics={"rmse": rmse})
        for name, rmse in (("good", 1.0), ("bad", 9.0), ("fair", 4.0))
    )
    found = Evaluation(verdict=Verdict(), problem=Problem.REGRESSION, metrics={"rmse": 3.0}, slices=slices)
    text = Page(render_run_report(run_with(run, tmp_path, {"evaluate": found}), tmp_path)).text
    table = text[text.rindex("examples", 0, text.rindex("town=bad")) :]
    assert table.index("town=bad") < table.index("town=fair") < table.index("town=good")


def test_the_worst_slice_by_the_brier_score_is_the_one_with_the_largest(run: RunSummary, tmp_path: Path) -> None:
    """WHY: directions come from the metrics themselves; a list of the report's own once lacked this one."""
    slices = tuple(
        SliceMetrics(feature="town", value=name, examples=50, metrics={"brier": brier})
        for name, brier in (("good", 0.1), ("bad", 0.4), ("fair", 0.2))
    )
    found = Evaluation(
        verdict=Verdict(), problem=Problem.BINARY, metrics={"brier": 0.2}, slices=slices, slice_metric="brier"
    )
    text = Page(render_run_report(run_with(run, tmp_path, {"evaluate": found}), tmp_path)).text
    table = text[text.rindex("examples", 0, text.rindex("town=bad")) :]
    assert table.index("town=bad") < table.index("town=fair") < table.index("town=good")


def test_two_tasks_of_one_step_have_a_section_each(run: RunSummary, tmp_path: Path) -> None:
    twice = run_with(run, tmp_path, {"evaluate-slices": evaluation(), "evaluate-slices-2": evaluation()})
    assert Page(render_run_report(replace(twice, parameters={}), tmp_path)).titles == [
        "Pipeline",
        "Evaluation (evaluate-slices)",
        "Slices (evaluate-slices)",
        "Evaluation (evaluate-slices-2)",
        "Slices (evaluate-slices-2)",
    ]


def test_a_pipeline_of_somebody_else_is_shown_too(tmp_path: Path) -> None:
    steps = (
        StepSummary(
            name="their-step", outcome=StepOutcome.SUCCEEDED, seconds=1.0, role="", artifacts={"x": "gs://b/x"}
        ),
    )
    run = RunSummary(
        pipeline="theirs",
        run_id="1",
        outcome="succeeded",
        exit_code=0,
        exit_reason="",
        seconds=1.0,
        started="2026-01-01T00:00:00+00:00",
        steps=steps,
    )
    page = page_of(run, tmp_path)
    assert page.titles == ["Pipeline"]
    assert "their-step" in page.text


def test_a_run_that_never_started_a_step_is_shown_too(tmp_path: Path) -> None:
    run = RunSummary(
        pipeline="p",
        run_id="1",
        outcome="failed",
        exit_code=1,
        exit_reason="no step ran",
        seconds=0.0,
        started="2026-01-01T00:00:00+00:00",
    )
    assert "no step ran" in page_of(run, tmp_path).text


def test_a_damaged_document_is_named_and_hides_nothing_else(tmp_path: Path) -> None:
    run = full_run(tmp_path)
    (tmp_path / "artifacts/evaluate-slices/evaluation/evaluation.json").write_text("{")
    page = page_of(run, tmp_path)
    assert "Evaluation" not in page.titles
    assert "Compression" in page.titles
    assert page.titles[-1] == "Unreadable"
    assert "evaluate-slices, evaluation" in page.text


def test_pages_of_steps_are_copied_and_linked_relatively(tmp_path: Path) -> None:
    path = write_run_report(full_run(tmp_path), tmp_path)
    assert path == tmp_path / "report.html"
    links = [link for link in Page(path.read_text(encoding="utf-8")).links if not link.startswith("#")]
    assert links == ["reports/validate.html", "logs/validate.log"]
    assert (tmp_path / links[0]).read_text() == "<!DOCTYPE html><title>validate</title>"


@pytest.mark.parametrize(
    "form",
    [
        {"features": [{"name": "a", "kind": "numeric"}]},
        {"columns": [{"name": "a", "kind": "numeric"}]},
        {"columns": {"a": {"kind": "numeric"}}},
        [{"name": "a", "kind": "numeric"}],
    ],
)
def test_a_plan_is_read_in_every_likely_form(form: object) -> None:
    assert plan_columns(form) == [{"name": "a", "kind": "numeric"}]


@pytest.mark.parametrize("form", [{}, [], {"features": 3}, {"features": ["a"]}, {"columns": {"a": 1}}])
def test_an_unknown_form_of_a_plan_has_no_columns(form: object) -> None:
    assert plan_columns(form) == []


def test_fairness_calibration_and_worse_slices_are_shown(run: RunSummary, tmp_path: Path) -> None:
    gap = FairnessGap(feature="sex", measure="recall", gap=0.21, highest="Male", lowest="Female", significant=True)
    points = (CalibrationPoint(examples=9, mean_prediction=0.1, mean_label=0.2),)
    slices = (replace(evaluation().slices[0], worse=True),)
    found = replace(evaluation(), fairness=(gap,), calibration=points, slices=slices, omitted_slices={"a=b": 2})
    page = Page(render_run_report(run_with(run, tmp_path, {"evaluate": found}), tmp_path))
    assert "Fairness" in page.titles
    assert "beyond chance" in page.text
    assert "mean prediction" in page.text
    assert "sex=Male worse" in page.text
    assert "1 slices were too small" in page.text


def test_the_metric_of_the_evaluation_decides_which_slice_is_worst(run: RunSummary, tmp_path: Path) -> None:
    found = replace(evaluation(), slice_metric="auc")
    assert "4 slices, worst auc first" in Page(render_run_report(run_with(run, tmp_path, {"e": found}), tmp_path)).text


def test_many_warnings_are_folded_away_and_counted(run: RunSummary, run_folder: Path) -> None:
    verdict = Verdict(warnings=tuple(f"warning {i}" for i in range(4)))
    steps = tuple(replace(step, verdict=verdict if step.name == "validate" else None) for step in run.steps)
    page = page_of(replace(run, steps=steps), run_folder)
    assert "4 findings are worth a look" in page.text
    assert "validate: warning 3" in page.text


def test_a_step_shows_a_handful_of_its_figures_and_how_many_there_are(run: RunSummary, run_folder: Path) -> None:
    steps = (replace(run.steps[0], figures={f"figure_{i}": i / 7 for i in range(9)}),)
    text = page_of(replace(run, steps=steps), run_folder).text
    assert "figure 5" in text
    assert "figure 6" not in text
    assert "and 3 more" in text


def test_a_refused_variant_says_why(run: RunSummary, tmp_path: Path) -> None:
    last = replace(compression().variants[-1], refusals=("accuracy falls by 0.013",))
    found = replace(compression(), variants=(*compression().variants[:-1], last))
    assert "accuracy falls by 0.013" in Page(render_run_report(run_with(run, tmp_path, {"c": found}), tmp_path)).text
