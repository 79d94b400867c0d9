/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "annotations.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cgroup/systemd/protocol.h"
#include "gvariant.h"

static int ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len > n && strcmp(text + len - n, end) == 0;
}

/* Properties that hull sets itself, and those that affect other units. */
static const char *const reserved[] = {
	"PIDs",
	"Slice",
	"Delegate",
	"DelegateControllers",
	"DelegateSubgroup",
	"Controller",
	"Scope",
	"Wants",
	"Requires",
	"Requisite",
	"BindsTo",
	"PartOf",
	"Upholds",
	"Conflicts",
	"WantedBy",
	"RequiredBy",
	"UpheldBy",
	"OnFailure",
	"OnSuccess",
	"PropagatesReloadTo",
	"ReloadPropagatedFrom",
	"PropagatesStopTo",
	"StopPropagatedFrom",
	"JoinsNamespaceOf",
	"RequiresMountsFor",
	"WantsMountsFor",
	"Triggers",
	"FailureAction",
	"SuccessAction",
	"StartLimitAction",
	"JobTimeoutAction",
	"JobTimeoutRebootArgument",
	"RebootArgument",
	"Markers",
	NULL,
};

static int check_name(const char *name, const char *key, struct error *err)
{
	if (*name < 'A' || *name > 'Z' ||
		name[strspn(
			name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")])
		return error_set(
			err, 0, "/annotations/%s: \"%s\" isn't the name of a property", key, name);
	for (size_t i = 0; reserved[i]; i++)
		if (strcmp(reserved[i], name) == 0)
			return error_set(err, 0,
				"/annotations/%s: %s can't be set by an annotation", key, name);
	return 0;
}

/*
 * systemd has times in microseconds as uint64, NAMEUSec. A value named NAMESec is in seconds, whole
 * or with a fraction.
 */
static int convert_seconds(const char *key, struct buf *name, struct buf *signature,
	struct buf *values, struct error *err)
{
	double seconds;

	if (!ends_with(name->data, "Sec") || ends_with(name->data, "USec"))
		return 0;
	seconds = strtod(values->data, NULL);
	if (!strchr("nqiuxtd", *signature->data) || signature->data[1] ||
		!(seconds >= 0 && seconds < 1e12))
		return error_set(err, 0, "/annotations/%s: a time is a number of seconds", key);
	strcpy(name->data + name->len - 3, "");
	name->len -= 3;
	buf_puts(name, "USec");
	buf_clear(signature);
	buf_append(signature, "t", 2);
	buf_clear(values);
	buf_printf(values, "%.0f%c", seconds * 1e6, 0);
	return 0;
}

int annotation_read(const char *key, const char *text, struct buf *name, struct buf *signature,
	struct buf *values, struct error *err)
{
	buf_puts(name,
		strncmp(key, SYSTEMD_ANNOTATION, strlen(SYSTEMD_ANNOTATION)) == 0
			? key + strlen(SYSTEMD_ANNOTATION)
			: "");
	if (check_name(name->data, key, err) < 0)
		return -1;
	if (gvariant_read(text, signature, values, err) < 0)
		return error_prefix(err, "/annotations/%s", key);
	if (convert_seconds(key, name, signature, values, err) < 0)
		return -1;
	return check_name(name->data, key, err);
}
