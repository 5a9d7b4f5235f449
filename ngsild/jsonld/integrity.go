package jsonld

const (
	security   = "https://w3id.org/security#"
	xsdTime    = "http://www.w3.org/2001/XMLSchema#dateTime"
	dctCreated = "http://purl.org/dc/terms/created"
)

// integrityContext is what integrityURL holds, which the core from v1.9 on names
// (W3C Verifiable Credential Data Integrity 1.0): the terms of a proof.
func integrityContext() map[string]any {
	methods := protectedContext()
	for _, term := range []string{"assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation", "keyAgreement"} {
		iri := security + term
		if term != "assertionMethod" {
			iri += "Method"
		}
		methods[term] = map[string]any{"@id": iri, "@type": "@id", "@container": "@set"}
	}
	proof := protectedContext()
	for _, term := range []string{"challenge", "domain", "nonce"} {
		proof[term] = security + term
	}
	proof["created"] = map[string]any{"@id": dctCreated, "@type": xsdTime}
	proof["expires"] = map[string]any{"@id": security + "expiration", "@type": xsdTime}
	proof["previousProof"] = map[string]any{"@id": security + "previousProof", "@type": "@id"}
	proof["proofPurpose"] = map[string]any{"@id": security + "proofPurpose", "@type": "@vocab", "@context": methods}
	proof["cryptosuite"] = map[string]any{"@id": security + "cryptosuite", "@type": security + "cryptosuiteString"}
	proof["proofValue"] = map[string]any{"@id": security + "proofValue", "@type": security + "multibase"}
	proof["verificationMethod"] = map[string]any{"@id": security + "verificationMethod", "@type": "@id"}

	ldctx := protectedContext()
	ldctx["proof"] = map[string]any{"@id": security + "proof", "@type": "@id", "@container": "@graph"}
	ldctx["DataIntegrityProof"] = map[string]any{"@id": security + "DataIntegrityProof", "@context": proof}
	return ldctx
}

// protectedContext begins a context whose terms are protected.
func protectedContext() map[string]any {
	return map[string]any{"@protected": true, "id": "@id", "type": "@type"}
}
