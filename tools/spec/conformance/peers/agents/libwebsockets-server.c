/* Sends each part of a message back as a fragment, as its example of an echo server does. */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A part of a message that waits to be sent. */
struct part {
	struct part *next;
	size_t length;
	int is_binary, is_first, is_final;
	unsigned char bytes[];
};

struct session {
	struct part *first, **last;
};

static int enqueue(struct session *session, struct lws *wsi, const void *bytes, size_t length)
{
	struct part *part = malloc(sizeof *part + LWS_PRE + length);
	if (!part)
		return -1;
	part->next = NULL;
	part->length = length;
	part->is_binary = lws_frame_is_binary(wsi);
	part->is_first = lws_is_first_fragment(wsi);
	part->is_final = lws_is_final_fragment(wsi);
	if (length > 0)
		memcpy(part->bytes + LWS_PRE, bytes, length);
	*session->last = part;
	session->last = &part->next;
	return 0;
}

static struct part *dequeue(struct session *session)
{
	struct part *part = session->first;
	if (part) {
		session->first = part->next;
		if (!session->first)
			session->last = &session->first;
	}
	return part;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct session *session = user;
	struct part *part;
	int flags, sent;
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		session->first = NULL;
		session->last = &session->first;
		break;
	case LWS_CALLBACK_RECEIVE:
		if (enqueue(session, wsi, in, length))
			return -1;
		lws_callback_on_writable(wsi);
		break;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		part = dequeue(session);
		if (!part)
			break;
		flags = lws_write_ws_flags(part->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT, part->is_first, part->is_final);
		sent = lws_write(wsi, part->bytes + LWS_PRE, part->length, (enum lws_write_protocol)flags);
		free(part);
		if (sent < 0)
			return -1;
		if (session->first)
			lws_callback_on_writable(wsi);
		break;
	case LWS_CALLBACK_CLOSED:
		while ((part = dequeue(session)))
			free(part);
		break;
	default:
		break;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{"echo", callback, sizeof(struct session), 4096, 0, NULL, 0},
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

static const struct lws_extension extensions[] = {
	{"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"},
	{NULL, NULL, NULL},
};

int main(int count, char **arguments)
{
	struct lws_context_creation_info info;
	struct lws_context *context;
	struct lws_vhost *vhost;
	if (count > 1 && !strcmp(arguments[1], "--version")) {
		puts(LWS_LIBRARY_VERSION);
		return 0;
	}
	lws_set_log_level(0, NULL);
	memset(&info, 0, sizeof info);
	info.port = 0;
	info.iface = "127.0.0.1";
	info.protocols = protocols;
	info.extensions = extensions;
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8;
	context = lws_create_context(&info);
	vhost = context ? lws_create_vhost(context, &info) : NULL;
	if (!vhost)
		return 1;
	printf("%d\n", lws_get_vhost_listen_port(vhost));
	fflush(stdout);
	while (lws_service(context, 0) >= 0)
		;
	return 0;
}
