#include "tests/fakes/test_certificates.h"

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace leangate::fakes {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

void require(bool done, const char* what) {
  if (!done) {
    throw std::runtime_error{std::string{"test certificates: "} + what};
  }
}

// P-256: made in well under a millisecond, unlike RSA.
Owned<EVP_PKEY> make_key() {
  Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  require(key != nullptr, "no key");
  return key;
}

void add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  require(extension != nullptr, "bad extension");
  require(X509_add_ext(&certificate, extension.get(), -1) == 1, "extension not added");
}

Owned<X509> make_certificate(EVP_PKEY& key, const LeafOptions& options) {
  Owned<X509> certificate{X509_new()};
  require(certificate != nullptr, "no certificate");
  X509_set_version(certificate.get(), X509_VERSION_3);
  // Serials are random: clients that saw two certificates of one authority compare them.
  std::uint32_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no serial");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), std::uint64_t{serial} + 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), options.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.valid_to.count());
  X509_set_pubkey(certificate.get(), &key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()),
                             "CN",
                             MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.common_name.c_str()),
                             -1,
                             -1,
                             0);
  return certificate;
}

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return std::string{data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509& certificate) {
  const Owned<BIO> bio{BIO_new(BIO_s_mem())};
  require(PEM_write_bio_X509(bio.get(), &certificate) == 1, "certificate not written");
  return text_of(*bio);
}

std::string to_pem(EVP_PKEY& key) {
  const Owned<BIO> bio{BIO_new(BIO_s_mem())};
  require(PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "key not written");
  return text_of(*bio);
}

std::string alternative_names(const LeafOptions& options) {
  std::string result;
  const auto add = [&result](std::string_view kind, const std::string& name) {
    result += result.empty() ? "" : ",";
    result += kind;
    result += name;
  };
  for (const std::string& name : options.names) {
    add("DNS:", name);
  }
  for (const std::string& address : options.addresses) {
    add("IP:", address);
  }
  return result;
}

}  // namespace

struct TestAuthority::Keys {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

TestAuthority::TestAuthority(const TemporaryFolder& folder, const std::string& name)
    : folder_{folder}, keys_{std::make_unique<Keys>()} {
  keys_->key = make_key();
  LeafOptions options;
  options.common_name = "leangate test authority " + name;
  keys_->certificate = make_certificate(*keys_->key, options);
  X509& own = *keys_->certificate;
  X509_set_issuer_name(&own, X509_get_subject_name(&own));
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(own, own, NID_subject_key_identifier, "hash");
  require(X509_sign(&own, keys_->key.get(), EVP_sha256()) > 0, "authority not signed");
  ca_file_ = folder_.write(name + ".pem", to_pem(own));
}

TestAuthority::~TestAuthority() = default;

CertificateFiles TestAuthority::issue(const std::string& file_name,
                                      const LeafOptions& options) const {
  const Owned<EVP_PKEY> key = make_key();
  const Owned<X509> leaf = make_certificate(*key, options);
  X509& issuer = options.self_signed ? *leaf : *keys_->certificate;
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(&issuer));
  add_extension(*leaf, issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(*leaf, issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(*leaf, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(*leaf, issuer, NID_subject_key_identifier, "hash");
  add_extension(*leaf, issuer, NID_authority_key_identifier, "keyid:always");
  if (const std::string names = alternative_names(options); !names.empty()) {
    add_extension(*leaf, issuer, NID_subject_alt_name, names);
  }
  EVP_PKEY* const signer = options.self_signed ? key.get() : keys_->key.get();
  require(X509_sign(leaf.get(), signer, EVP_sha256()) > 0, "leaf not signed");
  return {folder_.write(file_name + ".pem", to_pem(*leaf)),
          folder_.write(file_name + "-key.pem", to_pem(*key))};
}

}  // namespace leangate::fakes
