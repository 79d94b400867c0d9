# SPDX-License-Identifier: LGPL-2.1-or-later
# Of lines "RUNTIME VIEW ENGINE TITLE STATUS ..." the table scenario by runtime; variables: runtimes, views (words), markdown (anything)
{
    key = $3 ": " $4
    if (!(key in seen)) { seen[key] = 1; keys[++n] = key }
    result[key, $1, $2] = $5
}

# cell: what a runtime shows of a scenario: "ok", "skip: v2", "FAIL: v1"; nothing of the views where the others are ok
function cell(key, runtime,    i, v, status, where, text) {
    for (i = 1; i <= nviews; i++) {
        v = view[i]
        if (!((key, runtime, v) in result)) continue
        status = result[key, runtime, v]
        where[status] = where[status] (where[status] == "" ? "" : ", ") v
    }
    if ("ok" in where) text = "ok"
    if ("FAIL" in where) text = text (text == "" ? "" : "; ") (markdown ? "**FAIL**" : "FAIL") ": " where["FAIL"]
    if ("skip" in where) text = text == "" ? "skip" : text "; skip: " where["skip"]
    return text == "" ? "-" : text
}

END {
    nruntimes = split(runtimes, runtime, " "); nviews = split(views, view, " ")
    line = markdown ? "| scenario |" : sprintf("%-112s", "scenario")
    for (r = 1; r <= nruntimes; r++) line = line (markdown ? " " runtime[r] " |" : sprintf(" %-16s", runtime[r]))
    print line
    if (markdown) { line = "| --- |"; for (r = 1; r <= nruntimes; r++) line = line " --- |"; print line }
    for (k = 1; k <= n; k++) {
        line = markdown ? "| " keys[k] " |" : sprintf("%-112s", keys[k])
        for (r = 1; r <= nruntimes; r++) line = line (markdown ? " " cell(keys[k], runtime[r]) " |" : sprintf(" %-16s", cell(keys[k], runtime[r])))
        print line
    }
}
