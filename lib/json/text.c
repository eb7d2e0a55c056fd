/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/json/text.h"

#include "lib/strbuf.h"

json_t *json_text(const char *text)
{
	_cleanup_strbuf_ struct strbuf legible = STRBUF_INIT;
	json_t *json;

	if (!text)
		return json_null();
	json = json_string(text);
	if (json)
		return json;
	strbuf_puts_legible(&legible, text, "\n\t");
	json = json_string(legible.text);
	if (json)
		return json;
	strbuf_clear(&legible); /* UTF-8 of a form that jansson does not take */
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x80)
			strbuf_putc(&legible, *c);
		else
			strbuf_printf(&legible, "\\%03o", (unsigned char)*c);
	return json_string(legible.text);
}
