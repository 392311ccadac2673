/* What OpenSSL itself takes to judge a response: parse, verify signature and signer, find the certificate, check times.
 * verify RESPONSE_DER ISSUER_DER LEAF_DER SECONDS, prints CPU nanoseconds for one verification. */
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned char *read_file (const char *name, long *size) {
  FILE *file = fopen(name, "rb");
  if (file == NULL) { perror(name); exit(1); }
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  unsigned char *octets = malloc(*size);
  if (fread(octets, 1, *size, file) != (size_t) *size) exit(1);
  fclose(file);
  return octets;
}

static X509 *read_certificate (const char *name) {
  long size;
  const unsigned char *at = read_file(name, &size);
  X509 *certificate = d2i_X509(NULL, &at, size);
  if (certificate == NULL) { fprintf(stderr, "%s is no certificate\n", name); exit(1); }
  return certificate;
}

static int verify (const unsigned char *der, long size, X509 *issuer, X509 *leaf, STACK_OF(X509) *issuers, X509_STORE *store) {
  int status = -1, reason;
  ASN1_GENERALIZEDTIME *revoked, *this_update, *next_update;
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, size);
  OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
  OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), leaf, issuer);
  int good = OCSP_basic_verify(basic, issuers, store, 0) > 0 &&
    OCSP_resp_find_status(basic, id, &status, &reason, &revoked, &this_update, &next_update) > 0 &&
    OCSP_check_validity(this_update, next_update, 300, -1) > 0 && status == V_OCSP_CERTSTATUS_GOOD;
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
  return good;
}

static double cpu_seconds (void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main (int argc, char **argv) {
  if (argc != 5) return 2;
  long size;
  unsigned char *der = read_file(argv[1], &size);
  X509 *issuer = read_certificate(argv[2]), *leaf = read_certificate(argv[3]);
  STACK_OF(X509) *issuers = sk_X509_new_null();
  sk_X509_push(issuers, issuer);
  X509_STORE *store = X509_STORE_new();
  X509_STORE_add_cert(store, issuer);
  double start = cpu_seconds(), end = start + atof(argv[4]);
  long done = 0;
  while (cpu_seconds() < end) {
    if (!verify(der, size, issuer, leaf, issuers, store)) { fprintf(stderr, "not good\n"); return 1; }
    done++;
  }
  printf("%.0f\n", (cpu_seconds() - start) / done * 1e9);
  return 0;
}
