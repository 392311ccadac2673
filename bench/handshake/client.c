/*
 * Makes full TLS handshakes for a number of seconds and says what came of them, as one line of JSON.
 *
 *   client PORT NAME VERSION CIPHER ALPN SECONDS CONNECTIONS
 *
 * VERSION is 1.2 or 1.3, CIPHER a suite of that version. Each of CONNECTIONS threads connects to 127.0.0.1, asks for a
 * staple, completes the handshake, says goodbye, reads to the server's end and starts again. No session is ever offered,
 * so a server that resumes one is a server that is wrong; it is counted all the same.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct counts { long done, stapled, resumed, failed; };

static struct sockaddr_in server;
static const char *name;
static unsigned char alpn[64];
static unsigned alpn_length;
static SSL_CTX *context;
static double deadline;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int is_stapled(SSL *ssl) {
  const unsigned char *der = NULL;
  long length = SSL_get_tlsext_status_ocsp_resp(ssl, &der);
  if (length <= 0) return 0;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, length);
  if (response == NULL) return 0;
  int status = OCSP_response_status(response);
  OCSP_RESPONSE_free(response);
  return status == OCSP_RESPONSE_STATUS_SUCCESSFUL;
}

static int connect_to_server(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  struct timeval patience = { .tv_sec = 5, .tv_usec = 0 };
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0) return fd;
  close(fd);
  return -1;
}

/* The server has closed its side by now; a reset frees the port at once and hurts nobody. */
static void close_at_once(int fd) {
  struct linger none = { .l_onoff = 1, .l_linger = 0 };
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(fd);
}

static void shake(struct counts *counts) {
  char rest[256];
  int fd = connect_to_server();
  if (fd == -1) { counts->failed++; usleep(1000); return; }
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  SSL_set_tlsext_host_name(ssl, name);
  SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
  SSL_set_alpn_protos(ssl, alpn, alpn_length);
  if (SSL_connect(ssl) == 1) {
    counts->done++;
    if (is_stapled(ssl)) counts->stapled++;
    if (SSL_session_reused(ssl)) counts->resumed++;
    SSL_shutdown(ssl);
    while (SSL_read(ssl, rest, sizeof rest) > 0) { }
    while (read(fd, rest, sizeof rest) > 0) { }
  } else {
    counts->failed++;
  }
  SSL_free(ssl);
  ERR_clear_error();
  close_at_once(fd);
}

static void *shake_until_deadline(void *counts) {
  while (now() < deadline) shake(counts);
  return NULL;
}

static int set_up(const char *version, const char *cipher) {
  int is13 = strcmp(version, "1.3") == 0;
  int protocol = is13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) return 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, protocol) == 1 && SSL_CTX_set_max_proto_version(context, protocol) == 1 &&
    (is13 ? SSL_CTX_set_ciphersuites(context, cipher) : SSL_CTX_set_cipher_list(context, cipher)) == 1 &&
    SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1;
}

int main(int argc, char **argv) {
  if (argc != 8 || strlen(argv[5]) >= sizeof alpn - 1 || !set_up(argv[3], argv[4])) {
    fprintf(stderr, "usage: client PORT NAME VERSION CIPHER ALPN SECONDS CONNECTIONS\n");
    return 2;
  }
  server.sin_family = AF_INET;
  server.sin_port = htons((unsigned short)atoi(argv[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name = argv[2];
  alpn[0] = (unsigned char)strlen(argv[5]);
  memcpy(alpn + 1, argv[5], alpn[0]);
  alpn_length = alpn[0] + 1u;
  int connections = atoi(argv[7]);
  double started = now();
  deadline = started + atof(argv[6]);

  pthread_t *threads = calloc((size_t)connections, sizeof *threads);
  struct counts *counts = calloc((size_t)connections, sizeof *counts);
  struct counts sum = { 0, 0, 0, 0 };
  for (int at = 0; at < connections; at++) pthread_create(&threads[at], NULL, shake_until_deadline, &counts[at]);
  for (int at = 0; at < connections; at++) {
    pthread_join(threads[at], NULL);
    sum.done += counts[at].done;
    sum.stapled += counts[at].stapled;
    sum.resumed += counts[at].resumed;
    sum.failed += counts[at].failed;
  }
  printf("{\"done\":%ld,\"stapled\":%ld,\"resumed\":%ld,\"failed\":%ld,\"seconds\":%.3f}\n",
    sum.done, sum.stapled, sum.resumed, sum.failed, now() - started);
  return 0;
}
