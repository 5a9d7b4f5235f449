package suggest

// lexicon is what the words of headers mean, in English, French, German, Dutch,
// Spanish, Italian and Portuguese. A line is a kind, a concept, and the words that
// stand for it, folded and in the singular; + joins the words of a phrase. The
// concept is a word of its own line. The kinds:
//
//	noun  what is measured or spoken of
//	soft  says little: a name may have it or not
//	part  tells one attribute from another of the same noun: least, forecast, export
//	form  what the cells are: a name, a code, a date, a category
//	thing what the row is about: a building, a meter
const lexicon = `
soft total totale sum summe somme gesamt gesamte totaal totaux complessivo global overall ges tot cumul cumule cumulative cumulated all absolute totali totales totaal+aantal
soft mean average avg moyen moyenne moy mittel mittelwert durchschnitt gemiddeld gemiddelde media medio promedio medie temps+moyen
soft value valeur wert waarde valor valore val measurement measure mesure mesuree mesurage mess ablese ablesung messwert messung meting medida medicion misura measured observed observe registado registrado registered enregistre releve stand lectura lettura data donnee daten dato gegeven quantity quantite menge hoeveelheid cantidad quantita amount montant num observation metingen messungen messwerte mediciones misurazioni
soft annual annuel annuelle yearly jahrlich jaarlijks anual annuo mensuel mensuelle monthly monatlich maandelijks mensual mensile quotidien daily journalier taglich dagelijks diario hourly horaire per by
soft actual real reel reelle current+value air ambient ambiant ambiante outdoor outside exterieur exterieure ext umgebung aussen buiten luft lucht aire aria amb
soft information info detail general attribute field champ utc gmt cet cest local primary principal principale main haupt hoofd
soft relative relatif relativ relatief relativa relativo
soft atmospheric atmospherique atmosferica atmosferico atmosfera barometric barometrique station+level sea+level
soft offstreet off+street
soft above above+ground supra oberirdisch hors+sol ground
soft bacteria npp ufc cfu kbe mpn
soft smart intelligent
soft operating betrieb operational
soft publictransport public+transport public+transit opnv transport+en+commun transporte+publico trasporto+pubblico tpl openbaar+vervoer

part min minimum minimal minimale least lowest mini kleinste
part max maximum maximal maximale highest peak+demand maxi pic hochste hoogste maximo massimo
part peak hp pleine heure+pleine hochtarif ht hoogtarief hoog normaal punta dag+tarief high+tariff plein
part offpeak off+peak hc creuse heure+creuse niedertarif nt laagtarief laag valle valley+tariff low+tariff dal nacht+tarief
part nominal nominale rated nenn
part forecast prevision prevue prevu prognose vorhersage voorspelling pronostico previsione expected predicted estimated estime geplant geplanten planned gepland planificado
part export exported injection injecte injektion teruglevering einspeisung feed+in feedin injectie exportada iniettata immessa sold invoer
part import imported soutirage soutire bezug afname levering delivered+energy prelevata prelevamento importada withdrawal purchased
part active wirk ativa activa attiva
part reactive blind reactif reattiva reactiva
part apparent schein apparente
part corrected corrige corrigee correction adjusted normalised normalized normalisee bereinigt korrigiert gecorrigeerd corregido corretto weather+normalised climat climatique weather+normalized
part target objectif cible ziel doel objetivo obiettivo goal
part previous precedent prior vorjahr vorige anterior precedente
part difference ecart variation delta change evolution unterschied verschil diferencia differenza
part share part percent percentage pourcentage pct ratio taux rate anteil prozent aandeel porcentaje proporcion percentuale quote rapport rang rank
part density densite dichte dichtheid densidad densita per+m2 by+m2 eui use+intensity specific specifique
noun gust boen boeen rafale boe windstoss rukwind racha raffica windboen windboe windbo wind+gust rafale+vent racha+viento
part feelslike feels+like apparent+temperature ressentie gefuhlt gevoel sensacion percepita
part first premier premiere erste eerste primero primo
part last dernier derniere letzte laatste ultimo ultima latest
part alternate alternative alternatif court short kurz kurzname kort corto breve alias abrege abbreviation sigle
part below sous+sol basement unterirdisch souterrain
part error erreur fehler fout accuracy precision uncertainty incertitude confidence score
part quality qualite qualitat kwaliteit calidad qualita qualidade
part lower lowerbound
part upper upperbound
part parent ubergeordnet

form code kode codigo codice cod cde
form id identifiant identifier identificateur kennung kennzeichen uuid guid objectid fid gid pk identificador identificativo ident ids rowid oid deveui dev+eui clef cle key schlussel globalid ogc+fid id+objeto objekt+id
form serial serial+number numero+serie matricule seriennummer serienummer sn nro+serie num+serie
form number numero no nr nummer num+ro numer n index nro
form count nombre+de nombre+d nb nbre nbr nombre+total number+of anzahl aantal numero+de cantidad+de conteo cuenta n+of count+of nbe effectif
form name nom libelle lib intitule label bezeichnung naam nombre nome denominacion denominazione denomination title titre titel titulo titolo benaming omschrijving+naam designation nm
form type typ soort tipo tipologie typologie categorie category kategorie cat categoria class classe klasse clase kind nature genre art
form date datum fecha data+di dat dates timestamp time+stamp zeitstempel tijdstempel horodate horodatage datetime jour tag dag dia giorno zeitpunkt tijdstip moment day yyyy dd jj aaaa ss date+time date+heure marca+temporal
form hour heure stunde uur hora ora hh time zeit tijd hr uhrzeit
form month mois monat maand mes mese mm
form year annee jahr jaar ano anno an millesime exercice yr anio
form week semaine woche week+number semana settimana
form period periode zeitraum periodo period+type
form start debut from begin beginn von van+datum start+date inicio inizio desde start+zeit anfang since depuis ab since+date begindatum van
form end fin to ende bis tot+datum hasta fine until finish einde einddatum al ending through tot+en+met
form unit unite einheit eenheid unidad unita uom
form status statut state etat zustand estado stato validation validatie validatiestatus etat+de condition betriebsstatus
form source quelle bron fuente fonte origine origin provenance
form description desc descriptif beschreibung omschrijving descripcion descrizione comment commentaire comments remark remarque bemerkung opmerking observacion osservazioni note notes anmerkung precision+text descricao hinweis hinweise
form url lien link web+site website siteweb site+web http uri page see+also homepage internet webseite sitio+web sito+web pagina+web internetseite
form email mail courriel correo+electronico e+mail emailadresse posta+elettronica
form phone telephone tel telefon telefoon telefono telefone telefono+fijo tfno
form created creation cree erstellt aangemaakt creacion creazione erstellung erfasst criacao created+at creado creato creata
form modified modification modifie update updated maj mise+a+jour geandert gewijzigd actualizacion aggiornamento last+update aktualisierung letzte+aktualisierung edited modificacion modifica last+modified letzte+anderung derniere+maj date+maj
form installed installation installiert instalacion installazione geinstalleerd mise+en+service commissioning inbetriebnahme ouverture
form flag indicateur+o+n is yn booleen boolean

noun consumption conso consommation consommee consomme consumed consume verbrauch verbrauchs verbruik verbruikt consumo consumi used usage+kwh consumida consumata gasto+energetico
noun energy energie energetique energia energetico energetica wh kwh mwh gwh energetic kilowatt+hour kilowattstunde
noun power puissance leistung vermogen potencia potenza watt demand leistungs
noun production produite produit produktion productie produccion produzione generated generation erzeugung erzeugt opwek opgewekt ertrag yield producida prodotta produced generada producao
noun electricity elec electrique electricite strom stroom elektrizitat elektriciteit elektrisch electricidad elettricita elettrica electrical electric elek ele luz electrica
noun gas gaz erdgas aardgas natural+gas gaz+naturel
noun water eau wasser agua acqua bathing baignade badegewasser badestelle zwemwater
noun heat chaleur warme waerme warmte calor calore thermique thermal thermisch
noun heating chauffage heizung verwarming calefaccion riscaldamento heiz chaud
noun cooling froid climatisation kuhlung kuehlung koeling refrigeracion raffrescamento cold clim
noun hotwater ecs eau+chaude warmwasser hot+water dhw acs agua+caliente acqua+calda tapwater
noun steam vapeur dampf stoom vapor vapore
noun solar solaire sonnen zonne pv photovoltaic photovoltaique photovoltaik fotovoltaico sun soleil
noun wind+energy eolien
noun temperature temp temperatur temperatuur temperatura tmp drybulb dry+bulb
noun humidity humidite feuchte feuchtigkeit luftfeuchtigkeit vochtigheid humedad umidita hum rh hygrometrie luftfeuchte humidade umidade
noun pressure luftdruck pression druck luchtdruk presion pressione press pressao
noun wind vent viento vento
noun speed vitesse geschwindigkeit snelheid velocidad velocita vit velocidade
noun direction richtung richting direccion+viento direzione dir orientation direcao direccion direccao wind+richtung sens sentido
noun precipitation pluie rain rainfall regen neerslag niederschlag lluvia precipitacion pioggia precipitazione precip pluviometrie rr precipitacao chuva
noun snow neige schnee sneeuw nieve neve
noun solarradiation solar+radiation radiacion+solar rayonnement+solaire rayonnement+global globalstrahlung globalstraling ghi global+radiation solar+irradiance shortwave+radiation radiazione+solare zonnestraling
noun radiation rayonnement strahlung straling radiacion irradiance irradiation radiazione radiacao
noun direct dni
noun diffuse dhi
noun illuminance luminosite eclairement lux light+level helligkeit
noun cloud nebulosite nuage wolken bewolking nube
noun visibility visibilite sicht zicht visibilidad
noun dewpoint dew+point point+de+rosee taupunkt dauwpunt punto+de+rocio
noun tide maree gezeiten
noun wave vague welle golf ola onda houle
noun salinity salinite
noun ph
noun turbidity turbidite
noun conductivity conductivite leitfahigkeit
noun co2 carbone carbon dioxyde+carbone gas+carbonico dioxido+carbono kohlendioxid anidride+carbonica
noun co carbon+monoxide monoxyde kohlenmonoxid koolmonoxide monoxyde+carbone monoxido+carbono monossido+carbonio
noun no2 nitrogen+dioxide dioxyde+azote stickstoffdioxid stikstofdioxide dioxido+nitrogeno biossido+azoto dioxido+azoto
noun nox
noun so2 sulfur+dioxide schwefeldioxid
noun o3 ozone ozon ozono ozonio
noun pm10 pm+10
noun pm25 pm2+5 pm+2+5 pm2p5
noun pm1 pm+1 pm1+0 pm+1+0
noun c6h6 benzene benzol benceno benzeen
noun nh3 ammoniac ammoniak
noun emission emissie rejet ges+emission ghg greenhouse
noun noise bruit larm geluid ruido rumore sound laeq decibel noise+level schall schallpegel acustico acustica rumor geluidsniveau db dba
noun voltage tension spannung spanning tensione volt tensao
noun current courant stromstarke intensite+courant corriente corrente ampere ampermetre
noun frequency frequence frequenz frequentie frecuencia frequenza hertz frequencia
noun powerfactor power+factor cos+phi cosphi facteur+puissance cosfi leistungsfaktor
noun phase
noun flow debit durchfluss debiet caudal portata flux
noun fillinglevel filling+level fill+level fullstand fuellstand taux+remplissage remplissage vulgraad llenado riempimento
noun emptying leerung vidange lediging vaciado svuotamento collecte emptied geleegd geleert vidage recogida raccolta
noun level niveau pegel peil nivel livello
noun battery batterie akku pile accu bateria batteria
noun charge ladung lading carga carica
noun area surface superficie flache oppervlakte sup superf floor+area floor+space gfa sqm sqft sqm2 square+feet square+meter shab shon m2 ft2 footprint surf
noun volume volumen volym inhoud
noun height hauteur hohe hoehe hoogte altura altezza haut
noun altitude elevation seehohe alt
noun width largeur breite breedte ancho larghezza
noun length longueur lange laenge lengte longitud+tramo lunghezza comprimento
noun depth profondeur tiefe diepte profundidad profondita profundidade
noun distance entfernung afstand distancia distanza
noun weight poids gewicht peso mass masse
noun thickness epaisseur dicke dikte espesor spessore
noun diameter diametre durchmesser diametro
noun age alter edad eta
noun floor nombre+niveau number+of+floor etage niveau+batiment stockwerk geschoss geschosse verdieping verdiepingen piso piano piani storey story stories planta floors
noun room piece zimmer raum kamer habitacion stanza salle
noun measurand controlled+property grandeur+physique grandeur parameter parametre messgrosse grootheid magnitud grandezza observed+property variable pollutant polluant
noun reading meter+reading meterstand zahlerstand zaehlerstand counter+reading index+compteur
noun capacity kap cap+max capacite kapazitat capaciteit capacidad capacita capacidade lotacao aforo+maximo
noun occupancy occupation belegung bezetting ocupacion occupazione occupant taux+occupation occupancy+rate occupation+rate belegungsgrad auslastung tasso+occupazione tasa+ocupacion bezettingsgraad
noun available empty vide leer leeg vacant vacio vuoto disponible verfugbar beschikbaar disponibile libre free frei vrij livre freie freier vrije liberi libere verfugbare beschikbare
noun spot place slot space stellplatz parkplatz plaza posto lugar lugare bay standplatz parkstand platz platze plaetze posti plaatsen dock bornette anclaje
noun people personne person personen gente persone visitor visiteur pedestrian pieton fussganger fussgaenger voetganger peaton pedone crowd crowd+flow
noun population habitant pop einwohner inwoner poblacion popolazione inhabitant populacao
noun cost cout kosten coste costo charge+cost depense montant+ttc montant+ht amount+paid facture+montant spend bill
noun price prix preis prijs precio prezzo
noun tariff tarif tariffa tarifa rate+plan
noun currency devise wahrung valuta moneda
noun tax taxe steuer belasting tva iva
noun budget
noun revenue recette umsatz opbrengst ingreso entrata
noun invoice facture rechnung factuur factura fattura
noun contract contrat vertrag contrato contratto
noun owner proprietaire eigentumer eigenaar propietario proprietario
noun operator exploitant betreiber exploitante gestore gestionnaire gestor operateur
noun provider fournisseur lieferant leverancier proveedor fornitore supplier distributeur distributor
noun publisher data+provider editeur herausgeber uitgever diffuseur
noun manufacturer fabricant hersteller fabrikant fabricante produttore constructeur marque brand
noun model modele modell modelo modello
noun version
noun firmware
noun hardware
noun software logiciel
noun ipaddress ip ip+address adresse+ip
noun macaddress mac mac+address adresse+mac
noun rssi signal
noun outlier aberrant ausreisser
noun interval intervalle
noun duration duree dauer duur duracion durata
noun use destinazione+uso destination usage nutzung gebruik uso utilisation verwendung
noun sector secteur sektor settore branche activite activity naf nace tatigkeit sic industry
noun carrier filiere vecteur fuel carburant combustible brennstoff brandstof energietrager energiedrager
noun species espece essence art+baum especie
noun risk risque risiko riesgo rischio
noun severity gravite schwere
noun indicator indicateur indikator indicador indicatore kpi
noun method methode metodo metodologia methodik methodology
noun territory area+served territoire gebiet gebied territorio perimetre
noun formula formule formel calculation calcul calcolo berechnung
noun frequency+update periodicite
noun group groupe gruppe groep gruppo
noun theme thematique thema tema topic
noun organization organisation organisme collectivite entreprise company firma bedrijf empresa azienda epci organizacion organizzazione
noun address adresse anschrift adres indirizzo adr morada endereco
noun street on+street rue voie strasse straat calle via streetname route avenue road rua avenida strada
noun housenumber house+number hausnummer huisnummer street+number numero+voie numero+rue num+voie streetnr numero+civico hausnr building+number no+voie repetition houseno housenr num+postal house+no
noun postcode postalcode code+postal postal+code post+code cp plz zip zipcode zip+code postleitzahl codigo+postal cap postcodes codice+postale cep
noun town commune ville city stadt gemeinde gemeente municipio comune municipality locality localite ort plaats woonplaats localidad ciudad citta local+authority depcom com agglomeration suburb village concelho cidade comuni
noun region departement department province provincie provincia land+kreis bundesland kreis landkreis regione dep dept state+name county comunidad
noun country pays land pais paese nation
noun district quartier arrondissement neighbourhood neighborhood stadtteil wijk barrio quartiere buurt bezirk arr iris ortsteil borough ward distrito distretto freguesia neighborhood+name
noun insee lau nuts ags
noun latitude lat y+coord coord+y ycoord breitengrad breedtegraad latitud latitudine coordy y+wgs84 latitude+wgs84
noun longitude lon lng long x+coord coord+x xcoord langengrad lengtegraad longitud longitudine coordx x+wgs84
noun location localisation position coordinates coordonnee coordinate koordinate geo geometrie geopoint geo+point ubicacion posizione standort locatie gps point+geo latlon latlng lonlat coords localizacao posicao situacion
noun timezone time+zone fuseau zeitzone
noun language langue sprache taal idioma lingua
noun color couleur farbe kleur colore
noun material materiau werkstoff materiaal materiale
noun image photo picture bild foto
noun vehicle vehicule fahrzeug voertuig vehiculo veicolo car voiture auto
noun bike velo fahrrad fiets bicicleta bicicletta bicycle cycle bici
noun vessel boat ship bateau navire schiff schip barco nave barca
noun traffic trafic verkehr verkeer trafico traffico traffic+flow traffic+count verkehrszahlung verkehrszaehlung verkeerstelling comptage+routier
noun waste dechet abfall afval residuo rifiuto residuos mull muell rifiuti ordure basura lixo garbage
noun operation intervention einsatz
noun weather meteo wetter meteorologie meteorologia klima clima climate climatologie
noun airquality air+quality qualite+air luftqualitat luftguete luftgute luchtkwaliteit calidad+aire qualita+aria qualidade+ar
noun geometry geom geometria geo+shape shape wkt wkb geojson shp
noun openinghours opening+hour offnungszeiten offnungszeit horaire+ouverture horario orario orari openingstijd openingstijden
noun licence license lizenz licencia licenza licentie
noun author creator auteur autor autore createur ersteller edited+by created+by
noun closing stilllegung stillgelegt decommissioned fermeture closed
noun dead death mort mortel tote getotete muerto morti killed fatality fatalities fallecido
noun injured blesse verletzte herido feriti injury injuries gewonden
thing charging ev+charging recharge recarga ricarica ladesaule ladesaeule ladestation ladepunkt laadpaal laadpunt borne+recharge irve evse colonnina charge+point carregamento ev+charging+station charging+station laadpalen colonnine wallbox
noun occupied occupe besetzt ocupado occupato bezet belegt
noun nitricoxide nitric+oxide nitrogen+monoxide monoxyde+azote stickstoffmonoxid stikstofmonoxide monoxido+nitrogeno monossido+azoto
noun ecoli e+coli escherichia+coli
noun enterococci enterocoque enterokokken enterococo enterococchi enterococcus
noun no3 nitrate nitrat nitraat nitrato nitrati
noun nh4 ammonium ammonio amonio
noun po4 phosphate phosphat fosfaat fosfato
noun o2 oxygen oxygene sauerstoff zuurstof oxigeno ossigeno dissolved+oxygen
noun socket connector prise steckdose stecker plug conector connettore presa pdc point+charge stopcontact
noun pole mast poteau palo pfosten
noun intensity intensite intensidad intensita intensiteit verkehrsstarke verkehrsstaerke dtv tmja aadt vehicle+count nombre+vehicule anzahl+fahrzeug traffic+volume verkehrsmenge

thing building batiment gebaude gebouw edificio immeuble bat bldg property batim edificios
thing site liegenschaft sitio sito facility etablissement equipement
thing dwelling logement wohnung woning vivienda alloggio apartment flat housing maison house habitation residence
thing meter compteur zahler zaehler teller contador contatore metre prm pdl pce ean cups mpan pod point+de+livraison delivery+point pdl+nb metering+point zahlpunkt melo malo counter metering aansluiting
thing device appareil gerat apparaat dispositivo sensor capteur sonde fuhler equipment equipamento
thing station estacion estacione stazione stazioni estacao messstelle messstation meetpunt meetstation sampling+point point+prelevement punto+muestreo zahlstelle zaehlstelle
thing parking parkhaus parkhauser parkhaeuser parcheggio aparcamiento parkeergarage car+park stationnement garage estacionamento rack parkings parkeerplaats abstellanlage stalling stallingen fietsenstalling
thing household menage haushalt huishouden hogar famiglia
thing school ecole schule colegio scuola lycee college escola
thing streetlight leuchte leuchten lampadaire lichtmast luminaire lantern candelabre point+lumineux lamp laterne street+light strassenbeleuchtung beleuchtung eclairage+public alumbrado illuminazione farola luminaria straatverlichting
thing panel panneau modul
thing inverter onduleur wechselrichter omvormer inversor
thing stop haltestelle haltepunkt halte halt arret fermata fermate parada paragem bus+stop bushalte bushaltestelle
thing container contenedor contenedore conteneur bin poubelle mulleimer muelleimer papelera prullenbak cassonetto contentor glascontainer altglascontainer kontener
thing museum musee museo museu musei museen
thing beach plage playa praia spiaggia
thing accident unfall verkehrsunfall accidente incidente incidenti ongeval acidente crash
thing garden park parc jardin garten tuin giardino jardim parque
thing poi point+interest point+interet punto+interes sehenswurdigkeit
thing tree baum arbre boom arbol albero arvore
thing event evenement veranstaltung evento eventi agenda evenementen
thing wifi hotspot wlan
thing citywork city+work roadwork chantier baustelle wegwerkzaamheden cantiere
`

// stopWords carry no meaning in a header.
const stopWords = `the of a an and or in at on for with de du des d la le les l et ou en a au aux par pour sur un une dans
der die das den dem des von und oder im am fur mit zu het een en of op voor met del della dei delle di da do dos das el los las y o por para con il lo gli e per su se`

// near are concepts that stand for one another, though not quite.
var near = map[string]map[string]float64{
	"use":          {"type": 0.75},
	"geometry":     {"location": 1},
	"carrier":      {"energy": 0.4},
	"volume":       {"consumption": 0.6, "capacity": 0.6},
	"charging":     {"socket": 0.8},
	"flow":         {"intensity": 0.8},
	"power":        {"rating": 0.8},
	"energy":       {"consumption": 0.8},
	"demand":       {"power": 0.9},
	"hour":         {"date": 0.5},
	"year":         {"date": 0.5},
	"month":        {"date": 0.5},
	"organization": {"owner": 0.35, "provider": 0.35, "operator": 0.35},
	"reading":      {"consumption": 1},
	"meter":        {"device": 0.65},
	"solar":        {"production": 0.7},
	"capacity":     {"spot": 0.8},
	"radiation":    {"solarradiation": 0.8},
	"count":        {"number": 0.9},
	"number":       {"count": 0.9},
	"operator":     {"owner": 0.6, "provider": 0.6},
	"provider":     {"owner": 0.4, "publisher": 0.5},
	"publisher":    {"provider": 0.6},
}
