/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "linux/process/personality.h"

#include <string.h>
#include <sys/personality.h>

#include "base/error.h"

int personality_set(const struct oci_personality *config, struct error *err)
{
	unsigned long domain;

	if (strcmp(config->domain, "LINUX") == 0)
		domain = PER_LINUX;
	else if (strcmp(config->domain, "LINUX32") == 0)
		domain = PER_LINUX32;
	else
		return error_set(err, 0,
			"/linux/personality/domain: \"%s\" is neither LINUX nor LINUX32",
			config->domain);
	if (config->flags.n > 0)
		return error_set(err, 0,
			"/linux/personality/flags: \"%s\" is not known: the spec defines none",
			config->flags.v[0]);
	if (personality(domain) < 0)
		return error_errno(err, "/linux/personality/domain: become %s", config->domain);
	return 0;
}
