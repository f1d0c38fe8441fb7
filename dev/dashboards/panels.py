"""Parts of a Grafana dashboard. Only the panels stat, bargauge, timeseries and table are used: they need no plugin and are read at a glance."""

RUNBOOKS = "https://github.com/tidegate/tidegate/blob/main/docs/runbooks"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, ORANGE, RED, BLUE, GREY = "green", "orange", "red", "blue", "#8e8e8e"
UNKNOWN = {"type": "special", "options": {"match": "nan", "result": {"text": "–", "color": GREY, "index": 100}}}


def steps(*levels):
    """Colours of values: (None, colour) is the lowest, then (from which value on, colour)."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in levels]}


CALM = steps((None, BLUE))


def values(texts):
    """Numbers that stand for words: {1: ("Flowing", "green")}."""
    return [{"type": "value", "options": {str(number): {"text": text, "color": colour, "index": i}
                                          for i, (number, (text, colour)) in enumerate(texts.items())}}]


def query(expr, legend="__auto", instant=False, table=False):
    return {"expr": " ".join(expr.split()), "legendFormat": legend, "instant": instant, "range": not instant, "editorMode": "code",
            **({"format": "table"} if table else {})}


def _panel(kind, title, description, queries, unit, defaults, options, **more):
    for i, target in enumerate(queries):
        target.update(refId="ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i], datasource=SOURCE)
    return {"type": kind, "title": title, "description": description, "datasource": SOURCE, "targets": queries,
            "fieldConfig": {"defaults": {"unit": unit, **defaults}, "overrides": more.pop("overrides", [])}, "options": options, **more}


def stat(title, description, queries, unit="none", thresholds=CALM, mappings=(), background=True, none="–", links=(), decimals=None):
    """One tile a series, in the order of the queries."""
    defaults = {"thresholds": thresholds, "mappings": [*mappings, UNKNOWN], "noValue": none, "color": {"mode": "thresholds"}, "links": list(links)}
    if decimals is not None:
        defaults["decimals"] = decimals
    return _panel("stat", title, description, queries, unit, defaults,
                  {"colorMode": "background" if background else "value", "graphMode": "none", "justifyMode": "center", "orientation": "vertical",
                   "textMode": "auto", "wideLayout": False, "reduceOptions": {"calcs": ["last"], "fields": "", "values": False}})


def bars(title, description, queries, unit, thresholds, maximum=None, links=()):
    defaults = {"thresholds": thresholds, "color": {"mode": "thresholds"}, "min": 0, "links": list(links)}
    if maximum is not None:
        defaults["max"] = maximum
    return _panel("bargauge", title, description, queries, unit, defaults,
                  {"displayMode": "basic", "sizing": "manual", "minVizHeight": 16, "maxVizHeight": 40, "text": {"titleSize": 14, "valueSize": 18}, "orientation": "horizontal", "valueMode": "color", "showUnfilled": True,
                   "reduceOptions": {"calcs": ["last"], "fields": "", "values": False}})


def lines(title, description, queries, unit, stacked=False, dashed="", minimum=0, maximum=None, none=None):
    """`dashed`: a pattern of the series that are limits; `none`: what to say when there is no series, which is then good news."""
    custom = {"lineWidth": 1, "fillOpacity": 30 if stacked else 8, "showPoints": "never", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}
    defaults = {"custom": custom, "color": {"mode": "palette-classic"}, "min": minimum}
    if maximum is not None:
        defaults["max"] = maximum
    if none:
        defaults["noValue"] = none
    overrides = []
    if dashed:
        overrides.append({"matcher": {"id": "byRegexp", "options": dashed}, "properties": [
            {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [8, 6]}}, {"id": "custom.fillOpacity", "value": 0},
            {"id": "color", "value": {"mode": "fixed", "fixedColor": RED}}]})
    return _panel("timeseries", title, description, queries, unit, defaults,
                  {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                   "tooltip": {"mode": "multi", "sort": "desc"}}, overrides=overrides)


def table(title, description, queries, columns, sort=None, none="–"):
    """`columns`: [(label of the series or "Value #A", heading, width or None, [properties])], shown in that order; all others are left out."""
    order = {field: i for i, (field, *_) in enumerate(columns)}
    overrides = [{"matcher": {"id": "byName", "options": heading}, "properties": [*([{"id": "custom.width", "value": width}] if width else []), *properties]}
                 for _, heading, width, properties in columns]
    transformations = [{"id": "merge", "options": {}}] if len(queries) > 1 else []
    transformations += [
        {"id": "filterFieldsByName", "options": {"include": {"names": list(order)}}},
        {"id": "organize", "options": {"indexByName": order, "renameByName": {field: heading for field, heading, *_ in columns}}}]
    return _panel("table", title, description, queries, "none", {"custom": {"align": "left", "cellOptions": {"type": "auto"}}, "noValue": none},
                  {"showHeader": True, "cellHeight": "sm", "sortBy": [{"displayName": sort, "desc": True}] if sort else []},
                  overrides=overrides, transformations=transformations)


def prop(name, value):
    return {"id": name, "value": value}


BLANK = prop("noValue", "–")  # a cell without a text; the panel's own noValue is what an empty table says
COLOURED = prop("custom.cellOptions", {"type": "color-background", "mode": "basic"})


WATCHED = "and on () (max(leader_election_master_status) == 1)"  # else a count of problems would be a count of what nobody reports


def link(title, url, new=False):
    return {"title": title, "url": url, "targetBlank": new}


def to_pipeline(namespace, pipeline):
    return link("Open this pipeline", f"/d/tidegate-pipeline?${{datasource:queryparam}}&var-namespace={namespace}&var-pipeline={pipeline}&${{__url_time_range}}")


def _variable(name, label, metric, multi):
    query_text = f"label_values({metric}, {name})"
    return {"type": "query", "name": name, "label": label, "datasource": SOURCE, "query": {"query": query_text, "refId": name}, "definition": query_text,
            "refresh": 2, "sort": 1, "multi": multi, "includeAll": multi, **({"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}} if multi else {})}


def dashboard(uid, title, description, variables, rows):
    """`variables`: (name, label, series that has the label, several at a time); `rows`: (height, [(width of 24, panel)])."""
    panels, y = [], 0
    for height, row in rows:
        x = 0
        for width, panel in row:
            panels.append({"id": len(panels) + 1, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **panel})
            x += width
        y += height
    others = [(other, name) for other, name in (("tidegate-fleet", "Fleet"), ("tidegate-pipeline", "Pipeline"), ("tidegate-kafka", "Kafka"), ("tidegate-operator", "Operator"))
              if other != uid]
    return {
        "uid": uid, "title": f"Tidegate / {title}", "description": description, "tags": ["tidegate"], "id": None, "editable": False, "schemaVersion": 39,
        "timezone": "browser", "time": {"from": "now-1h", "to": "now"}, "refresh": "10s", "graphTooltip": 1,
        "links": [{"type": "link", "title": name, "url": f"/d/{other}", "keepTime": True, "includeVars": name != "Fleet", "targetBlank": False, "icon": "dashboard", "tags": [],
                   "asDropdown": False, "tooltip": ""} for other, name in others] +
                 [{"type": "link", "title": "Runbooks", "url": RUNBOOKS, "keepTime": False, "includeVars": False, "targetBlank": True, "icon": "doc", "tags": [], "asDropdown": False, "tooltip": ""}],
        "templating": {"list": [{"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "refresh": 1}] + [_variable(*each) for each in variables]},
        "annotations": {"list": []}, "panels": panels}


def problems(matchers, title, description, with_pipeline):
    """Lasting problems, worst first, each with its runbook."""
    expr = (f'(max by (namespace, pipeline, stage, problem, subject) (tidegate_problem{{{matchers}, severity="critical"}}) * 2) '
            f'or max by (namespace, pipeline, stage, problem, subject) (tidegate_problem{{{matchers}, severity!="critical"}})')
    # Without an operator nobody reports: that is then the worst problem of all.
    expr += ' or label_replace(absent(leader_election_master_status == 1) * 2, "problem", "OperatorDown", "", "")'
    lasted = f"max by (namespace, pipeline, stage, problem, subject) (count_over_time(tidegate_problem{{{matchers}}}[6h:30s]) * 30)"
    columns = [("Value #A", "Severity", 110, [prop("mappings", values({2: ("critical", RED), 1: ("warning", ORANGE)})), COLOURED])]
    if with_pipeline:
        columns += [("namespace", "Namespace", 150, [BLANK]),
                    ("pipeline", "Pipeline", 190, [BLANK, prop("links", [to_pipeline("${__data.fields.Namespace}", "${__value.raw}")])])]
    columns += [("stage", "Stage", 160, [BLANK]),
                ("problem", "Problem", 210, [prop("links", [link("Runbook: meaning, diagnosis, mitigation", f"{RUNBOOKS}/${{__value.raw}}.md", True)])]),
                ("subject", "Of what", None, [BLANK]), ("Value #B", "Lasted in 6 h", 150, [prop("unit", "s")])]
    return table(title, description, [query(expr, instant=True, table=True), query(f"({lasted}) and on (namespace, pipeline, stage, problem, subject) tidegate_problem{{{matchers}}}", instant=True, table=True)], columns, "Severity", "no problem")
