package classify

// symptomWords are what people write who mean a symptom, folded, in the six
// languages. A symptom with an ID of the operator's own has none, and is then
// not guessed.
func symptomWords(id string) []string {
	switch id {
	case "not-delivered":
		return []string{"not deliver", "undelivered", "won't send", "not send", "aren't send", "isn't send", "can't send", "cannot send", "not going through", "stuck on sending", "failing to send", "turning green",
			"no se envía", "no se manda", "no enviad", "no envía", "no entrega", "nicht zugestellt", "kommen nicht an", "nicht gesendet", "nicht raus",
			"ne partent pas", "s'envoie", "non distribu", "n'envoie", "não envia", "não manda", "não enviad", "não chega", "não vão", "não saem", "送れない", "送信でき", "届かない", "配信されません"}
	case "sign-in":
		return []string{"sign in", "signing in", "log in", "log on", "login", "logging in", "logged out", "logging me out", "password", "iniciar sesión", "entrar", "einloggen", "anmelden",
			"me connecter", "se connecter", "logar", "ログイン"}
	case "no-connection":
		return []string{"no service", "no signal", "no connection", "connect", "offline", "unreachable", "servicio", "señal", "conexión", "verbind", "kein netz", "empfang", "nicht erreichbar",
			"réseau", "connexion", "inaccessible", "sinal", "conexão", "conecta", "fora do ar", "繋がら", "つながら", "接続", "圏外"}
	case "call-drops", "call-fails", "calls":
		return []string{"call drop", "calls drop", "dropping", "drops", "call failed", "hang", "se cortan", "cuelga", "brechen ab", "bricht", "coupe", "cai toda hora", "caem", "切れる", "通話"}
	case "payment-fails", "payment":
		return []string{"pay", "checkout", "declined", "pago", "zahl", "paiement", "payer", "pagamento", "pagar", "支払"}
	case "slow":
		return []string{"slow", "lag", "takes minutes", "takes forever", "lento", "lentísimo", "langsam", "lent", "rame", "lenta", "重い", "遅い"}
	case "accessory-unresponsive", "no-response":
		return []string{"no response", "not responding", "unresponsive", "won't turn on", "no responde", "reagiert nicht", "antworten nicht", "ne répond", "não responde", "応答"}
	case "not-working", "down":
		return []string{"down", "not work", "broken", "isn't work", "doesn't work", "stopped working", "won't work", "outage", "no funciona", "caíd", "geht nicht", "funktioniert nicht", "ausfall",
			"marche p", "en panne", "não funciona", "caiu", "使えない", "落ち", "障害"}
	default:
		return nil
	}
}
