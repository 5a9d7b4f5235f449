package models

// Line is what a model is for, in one line of our own.
type Line struct {
	English string `json:"en"`
	French  string `json:"fr"`
}

// Line gives our own line about the model, or the zero Line where we wrote none.
func (m *Model) Line() Line { return lines[m.QualifiedName()] }

// lineSubjects are the subjects each of whose models has a line.
var lineSubjects = []string{"Battery", "Building", "Consumption", "Device", "Energy", "EnergyCommunity", "GreenEnergy", "KeyPerformanceIndicator", "WaterConsumption", "Weather"}

// lines are by qualified name. They are our words: nothing is taken from the official
// descriptions.
var lines = map[string]Line{
	"Battery/Battery": {
		"A battery: what it gives and takes, how long it lasts, how fast it charges",
		"Une batterie : ce qu'elle fournit et absorbe, son autonomie, son temps de charge"},
	"Battery/BatteryStatus": {
		"The charge and the power flows of a battery at one moment",
		"La charge et les flux de puissance d'une batterie à un instant"},
	"Battery/StorageBatteryDevice": {
		"Data sheet of an electricity storage system: capacity, efficiency, limits, maker",
		"Fiche technique d'un système de stockage d'électricité : capacité, rendement, limites, fabricant"},
	"Battery/StorageBatteryMeasurement": {
		"Readings of a storage battery: state of charge and health, power, current, temperature",
		"Relevés d'une batterie de stockage : état de charge et de santé, puissance, courant, température"},
	"Building/Building": {
		"A building: address, footprint, use, floors, people in it",
		"Un bâtiment : adresse, emprise, usage, étages, occupants"},
	"Building/BuildingOperation": {
		"Works, inspection or another task on a building, planned or done",
		"Travaux, visite ou autre intervention sur un bâtiment, prévue ou faite"},
	"Building/BuildingType": {
		"An entry in a hierarchy of kinds of building: school, office, housing …",
		"Une entrée d'une hiérarchie des types de bâtiment : école, bureaux, logement …"},
	"Building/VibrationsObserved": {
		"Vibration of a structure, as acceleration at one moment",
		"Vibration d'une structure, en accélération à un instant"},
	"Consumption/ConsumptionCost": {
		"What a delivery point used and paid in a month: energy bill by kind",
		"Ce qu'un point de livraison a consommé et payé en un mois : facture d'énergie par poste"},
	"Consumption/ConsumptionPoint": {
		"A delivery point or meter where consumption is counted, with its code and place",
		"Un point de livraison ou compteur où la consommation est relevée, avec son code et son lieu"},
	"Device/Camera": {
		"A camera: what it watches, how it is turned, where its pictures and streams are",
		"Une caméra : ce qu'elle surveille, son orientation, où sont ses images et ses flux"},
	"Device/Device": {
		"A sensor, meter or actuator in the field: state, battery, last value, network, place",
		"Un capteur, compteur ou actionneur sur le terrain : état, pile, dernière valeur, réseau, lieu"},
	"Device/DeviceMeasurement": {
		"One reading of a sensor: quantity, value, unit, time",
		"Un relevé d'un capteur : grandeur, valeur, unité, heure"},
	"Device/DeviceModel": {
		"A make of device: manufacturer, functions, protocols, units",
		"Une référence d'appareil : fabricant, fonctions, protocoles, unités"},
	"Device/DeviceOperation": {
		"Maintenance, calibration or another task on a device, planned or done",
		"Maintenance, étalonnage ou autre intervention sur un appareil, prévue ou faite"},
	"Device/Modbus": {
		"A value read from or written to a register of a Modbus installation",
		"Une valeur lue ou écrite dans un registre d'une installation Modbus"},
	"Device/PolarH10": {
		"Heart rate, ECG and movement from a chest strap",
		"Fréquence cardiaque, ECG et mouvement d'une ceinture thoracique"},
	"Device/PrivacyObject": {
		"What data protection says of a device: purpose, legal ground, recipients, retention",
		"Ce que la protection des données dit d'un appareil : finalité, base légale, destinataires, conservation"},
	"Device/SenseHat": {
		"Temperature, humidity, pressure and movement from a sensor board on a small computer",
		"Température, humidité, pression et mouvement d'une carte de capteurs sur un petit ordinateur"},
	"Device/SmartMeteringObservation": {
		"Index of a smart meter for electricity, gas or water, peak and off-peak",
		"Index d'un compteur communicant d'électricité, de gaz ou d'eau, heures pleines et creuses"},
	"Device/UWBAnchor": {
		"A position fix of a tag by an ultra-wideband radio anchor, indoors",
		"Un repérage d'une étiquette par une balise radio à bande ultralarge, en intérieur"},
	"Energy/ACMeasurement": {
		"Readings of an alternating current line: energy, power, voltage, current, by phase",
		"Relevés d'une ligne en courant alternatif : énergie, puissance, tension, courant, par phase"},
	"Energy/InverterDevice": {
		"Data sheet of an inverter: power, voltage, current, on the panel and the grid side",
		"Fiche technique d'un onduleur : puissance, tension, courant, côté panneaux et côté réseau"},
	"Energy/SolarEnergy": {
		"Output of a solar installation: power and energy at one moment and in all",
		"Production d'une installation solaire : puissance et énergie, à l'instant et au total"},
	"Energy/TechnicalCabinetDevice": {
		"A street or technical cabinet for electric equipment: doors, protection, size",
		"Une armoire technique ou de rue pour équipement électrique : portes, protection, dimensions"},
	"Energy/ThreePhaseAcMeasurement": {
		"Readings of a three-phase electricity meter: energy, power, voltage, current",
		"Relevés d'un compteur électrique triphasé : énergie, puissance, tension, courant"},
	"EnergyCommunity/EnergyCommunity": {
		"A group that shares energy: members, legal frame, production and consumption together",
		"Une communauté d'énergie : membres, cadre légal, production et consommation ensemble"},
	"EnergyCommunity/EnergyProsumer": {
		"A member of an energy community who consumes, produces or both: contract, imports, exports",
		"Un membre d'une communauté d'énergie, consommateur, producteur ou les deux : contrat, soutirage, injection"},
	"GreenEnergy/GreenEnergyGenerator": {
		"A renewable power plant or installation: sources, highest output of each, own use",
		"Une installation de production renouvelable : sources, puissance maximale de chacune, autoconsommation"},
	"GreenEnergy/GreenEnergyMeasurement": {
		"Power from renewable sources at one moment: sun, wind, water, biomass, ground heat",
		"Puissance de sources renouvelables à un instant : soleil, vent, eau, biomasse, géothermie"},
	"GreenEnergy/PhotovoltaicDevice": {
		"Data sheet of a photovoltaic panel: rated power, cells, yield, size, class",
		"Fiche technique d'un panneau photovoltaïque : puissance nominale, cellules, rendement, dimensions, classe"},
	"GreenEnergy/PhotovoltaicMeasurement": {
		"Readings of photovoltaic panels: power, current, temperature, state of the inverter",
		"Relevés de panneaux photovoltaïques : puissance, courant, température, état de l'onduleur"},
	"KeyPerformanceIndicator/KeyPerformanceIndicator": {
		"An indicator of a process or a policy: value, target, formula, period, standing",
		"Un indicateur de performance d'un processus ou d'une politique : valeur, cible, formule, période, tendance"},
	"WaterConsumption/WaterConsumptionObserved": {
		"Reading of a water meter: volume used, flow, alarms for leaks and tampering",
		"Relevé d'un compteur d'eau : volume consommé, débit, alarmes de fuite et de fraude"},
	"Weather/SeaConditions": {
		"The sea at one place and time: waves, tide, temperature of the water",
		"L'état de la mer en un lieu et à une heure : vagues, marée, température de l'eau"},
	"Weather/WeatherAlert": {
		"A warning of bad weather: storm, flood, heat, snow; area, level, from when to when",
		"Une vigilance météo : tempête, inondation, canicule, neige ; zone, niveau, début et fin"},
	"Weather/WeatherForecast": {
		"A weather forecast for a place and period: temperature, rain, wind",
		"Une prévision météo pour un lieu et une période : température, pluie, vent"},
	"Weather/WeatherObserved": {
		"What a weather station measured: temperature, humidity, rain, wind, pressure, radiation",
		"Ce qu'une station météo a mesuré : température, humidité, pluie, vent, pression, rayonnement"},
}
